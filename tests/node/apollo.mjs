// Apollo Client: errors as it sees them, persisted queries both ways, and a subscription.
import { createHash } from 'node:crypto'
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client/core/index.js'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries/index.js'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions/index.js'
import { generatePersistedQueryIdsFromManifest } from '@apollo/persisted-query-lists'
import { createClient } from 'graphql-ws'
import { given, tell, watched } from './said.mjs'

const { url, socket, token, viewer, partial, invalid, change, changed, events, after, manifest } = given()
const authorization = `Bearer ${token}`
const { fetchFn, seen } = watched()
const told = {}

const http = new HttpLink({ uri: url, fetch: fetchFn, headers: { authorization } })
const client = (link) =>
  new ApolloClient({
    link,
    cache: new InMemoryCache(),
    defaultOptions: { query: { fetchPolicy: 'no-cache', errorPolicy: 'all' }, mutate: { errorPolicy: 'all' } },
  })
const outcome = ({ data, error }) => ({
  data: data ?? null,
  codes: error ? error.errors.map((one) => one.extensions.code) : [],
  seen: seen(),
})

const plain = client(http)
told.viewer = outcome(await plain.query({ query: gql(viewer) }))
told.partial = outcome(await plain.query({ query: gql(partial) }))
told.invalid = outcome(await plain.query({ query: gql(invalid) }))

const sha256 = (text) => createHash('sha256').update(text).digest('hex')
const automatic = client(
  ApolloLink.from([new PersistedQueryLink({ sha256, useGETForHashedQueries: true }), http]),
)
told.sentOnce = outcome(await automatic.query({ query: gql(viewer) }))
told.thenNamed = outcome(await automatic.query({ query: gql(viewer) }))

if (manifest) {
  const options = generatePersistedQueryIdsFromManifest({ loadManifest: () => manifest })
  const registered = client(
    ApolloLink.from([new PersistedQueryLink({ ...options, useGETForHashedQueries: true }), http]),
  )
  told.registered = outcome(await registered.query({ query: gql(manifest.operations[0].body) }))
}

const ws = createClient({ url: socket, connectionParams: { authorization } })
told.event = await new Promise((resolve, reject) => {
  const following = client(new GraphQLWsLink(ws)).subscribe({ query: gql(events), variables: { after } })
  following.subscribe({ next: ({ data }) => resolve(data), error: reject })
  plain.mutate({ mutation: gql(change), variables: { input: changed } }).catch(reject)
})
await ws.dispose()
tell(told)
