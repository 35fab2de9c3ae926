"""What the clients of the story ask; near to what the real ones ask."""

SIGN_IN = """
mutation SignIn($email: String!, $password: String!, $organization: String) {
  signIn(input: { email: $email, password: $password, organization: $organization }) {
    accessToken
    viewer { user { fullName } organization { name timeZone } driver { id } }
  }
}"""

ROUTES_SEEN = """
query RoutesSeen($date: Date!) {
  routes(filter: { date: $date, status: [PUBLISHED, IN_PROGRESS, COMPLETED] }, first: 1) { edges { node { id } } }
}"""

MY_HOME = """
query MyHome {
  eventSeq
  services(first: 100) { edges { node { id name } } }
  viewer {
    customer {
      places { id label address }
      subjects(first: 20) { edges { node { id name } } }
      bookings(first: 50, filter: { upcoming: true }) { edges { node { subject { id } } } }
    }
  }
}"""

REGISTER_DEVICE = """
mutation RegisterDevice($token: String!, $platform: DevicePlatform!) {
  registerDevice(input: { token: $token, platform: $platform }) { device { id } }
}"""

AVAILABLE_SLOTS = """
query AvailableSlots($serviceId: ID!, $from: DateTime!, $to: DateTime!) {
  slots(filter: { serviceId: $serviceId, from: $from, to: $to, available: true }, first: 50) {
    edges { node { id startsAt available price { amount currency } } }
  }
}"""

BOOK_SLOT = """
mutation BookSlot($slotId: ID!, $subjectId: ID!, $pickup: TransportLegInput) {
  bookSlot(input: { slotId: $slotId, subjectId: $subjectId, pickup: $pickup }) {
    __typename
    ... on BookSlotSuccess { booking { id number startsAt transports { id } } }
    ... on Problem { message }
  }
}"""

BOOKING_UPDATES = """
subscription BookingUpdates($after: EventSeq) {
  bookingUpdated(after: $after) {
    seq type booking { id number status transports { id status eta } }
  }
}"""

CONFIRM_BOOKING = """
mutation ConfirmBooking($id: ID!) {
  confirmBooking(input: { bookingId: $id }) { __typename ... on Problem { message } }
}"""

CANCEL_PLANNING = """
mutation CancelPlanning($id: ID!) {
  cancelPlanningRun(input: { planningRunId: $id }) { __typename ... on Problem { message } }
}"""

STOPS = """
fragment Stops on Route {
  stops { id status kind place { address } transport { id subject { name } } }
}"""

DISPATCH_BOARD = f"""
query DispatchBoard($date: Date!, $ride: ID!) {{
  node(id: $ride) {{ ... on Transport {{ unassignedReason }} }}
  routes(filter: {{ date: $date, status: [PUBLISHED] }}, first: 100) {{
    edges {{ node {{ id driver {{ id displayName }} vehicle {{ licensePlate }} ...Stops }} }}
  }}
}}
{STOPS}"""

ROUTES_UNDER_WAY = f"""
query RoutesUnderWay($driverId: ID!) {{
  routes(filter: {{ driverId: $driverId, status: [IN_PROGRESS] }}, first: 10) {{ edges {{ node {{ id ...Stops }} }} }}
}}
{STOPS}"""
