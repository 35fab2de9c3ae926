"""What dispatchers and drivers ask in the story and in the simulated day; near to what the real ones ask."""

EVENT_SEQ = "query EventSeq { eventSeq }"

OPTIMIZE_ROUTES = """
mutation OptimizeRoutes($date: Date!, $timeLimit: Int!) {
  optimizeRoutes(input: { date: $date, timeLimit: $timeLimit }) {
    __typename
    ... on OptimizeRoutesSuccess { planningRun { id } }
    ... on PlanningRunActive { planningRun { id } }
    ... on Problem { message }
  }
}"""

PLANNING = """
subscription Planning($id: ID!) {
  planningRunUpdated(id: $id) {
    status progress error { message }
    summary { routes distance assigned unassigned baselineDistance }
  }
}"""

PUBLISH_ROUTES = """
mutation PublishRoutes($date: Date!) {
  publishRoutes(input: { date: $date }) {
    __typename
    ... on PublishRoutesSuccess { routes { id } }
    ... on Problem { message }
  }
}"""

ROUTE_UPDATES = """
subscription RouteUpdates($routeId: ID!, $after: EventSeq) {
  routeUpdated(id: $routeId, after: $after) { seq type route { status stops { status } } }
}"""

START_ROUTE = """
mutation StartRoute($routeId: ID!) {
  startRoute(input: { routeId: $routeId }) { __typename ... on Problem { message } }
}"""

ARRIVE = """
mutation ArriveAtStop($stopId: ID!, $at: DateTime) {
  arriveAtStop(input: { stopId: $stopId, at: $at }) { __typename ... on Problem { message } }
}"""

COMPLETE = """
mutation CompleteStop($stopId: ID!, $at: DateTime, $proof: ProofInput) {
  completeStop(input: { stopId: $stopId, at: $at, proof: $proof }) { __typename ... on Problem { message } }
}"""
