// urql: errors as it sees them, persisted queries, and a subscription.
import { Client, fetchExchange, subscriptionExchange } from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import { createClient } from 'graphql-ws'
import { given, tell, watched } from './said.mjs'

const { url, socket, token, viewer, partial, invalid, change, changed, events, after } = given()
const authorization = `Bearer ${token}`
const { fetchFn, seen } = watched()
const told = {}

const ws = createClient({ url: socket, connectionParams: { authorization } })
const following = subscriptionExchange({
  forwardSubscription: ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: ws.subscribe({ query, variables }, sink) }),
  }),
})
const client = (preferGetMethod, ...exchanges) =>
  new Client({ url, fetch: fetchFn, preferGetMethod, fetchOptions: { headers: { authorization } }, exchanges })
const outcome = ({ data, error }) => ({
  data: data ?? null,
  codes: error ? error.graphQLErrors.map((one) => one.extensions.code) : [],
  seen: seen(),
})

const plain = client(false, following, fetchExchange)
told.viewer = outcome(await plain.query(viewer, {}))
told.partial = outcome(await plain.query(partial, {}))
told.invalid = outcome(await plain.query(invalid, {}))
told.read = outcome(await client('force', fetchExchange).query(viewer, {}))

const automatic = () => client(false, persistedExchange({ preferGetForPersistedQueries: true }), fetchExchange)
told.sentOnce = outcome(await automatic().query(viewer, {}))
told.thenNamed = outcome(await automatic().query(viewer, {}))

told.event = await new Promise((resolve, reject) => {
  plain.subscription(events, { after }).subscribe(({ data, error }) => (error ? reject(error) : resolve(data)))
  plain.mutation(change, { input: changed }).then(({ error }) => error && reject(error))
})
await ws.dispose()
tell(told)
