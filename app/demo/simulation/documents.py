"""What the clients of a simulated day ask; near to what the real ones ask."""

CREATE_TRANSPORT = """
mutation CreateTransport($input: CreateTransportInput!) {
  createTransport(input: $input) { transport { id code } }
}"""

CANCEL_TRANSPORT = """
mutation CancelTransport($id: ID!) {
  cancelTransport(input: { transportId: $id }) { __typename ... on Problem { message } }
}"""

INSERT_TRANSPORT = """
mutation InsertTransport($id: ID!) {
  insertTransport(input: { transportId: $id }) { __typename ... on Problem { message } }
}"""

OPERATIONS_FEED = """
subscription OperationsFeed($after: EventSeq) { events(after: $after) { seq type } }"""

OPEN_TRANSPORTS = """
query OpenTransports($date: Date!, $status: [TransportStatus!]!, $after: String) {
  transports(filter: { date: $date, status: $status }, first: 100, after: $after) {
    edges { node { id status } } pageInfo { hasNextPage endCursor }
  }
}"""

BOARD = """
query Board($date: Date!) {
  routes(filter: { date: $date }, first: 100) {
    edges { node {
      id status distance driver { displayName }
      stops { kind status plannedAt arrivedAt late place { point { latitude longitude } } }
    } }
  }
}"""

MY_DAY = """
query MyDay($date: Date!) {
  eventSeq
  viewer { driver { id status route(date: $date) {
    id status version
    stops {
      id sequence kind status plannedAt eta
      place { point { latitude longitude } }
      transport { id pickupWindow { from } dropoffWindow { from } proofRequired }
    }
  } } }
}"""

FAIL = """
mutation FailStop($stopId: ID!, $at: DateTime, $reason: StopFailureReason!) {
  failStop(input: { stopId: $stopId, at: $at, reason: $reason }) { __typename ... on Problem { message } }
}"""

SKIP = """
mutation SkipStop($stopId: ID!, $at: DateTime) {
  skipStop(input: { stopId: $stopId, at: $at }) { __typename ... on Problem { message } }
}"""

REPORT_POSITIONS = """
mutation ReportPositions($positions: [PositionInput!]!) {
  reportPositions(input: { positions: $positions }) { accepted rejected { index reason } }
}"""
