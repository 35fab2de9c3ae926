// graphql-ws by itself: any operation over one socket, what an error is, and who is turned away.
import { createClient } from 'graphql-ws'
import { given, tell } from './said.mjs'

const { socket, token, viewer, partial, invalid, change, changed, events, after } = given()
const authorization = `Bearer ${token}`
const told = {}

const client = createClient({ url: socket, connectionParams: { authorization }, lazy: false, keepAlive: 50 })
const once = async (query, variables = {}) => {
  try {
    for await (const answer of client.iterate({ query, variables })) return answer
  } catch (errors) {
    return errors
  }
}
told.pong = await new Promise((resolve) => client.on('pong', (received) => received && resolve(true)))
const [first, second, refused] = await Promise.all([once(viewer), once(partial), once(invalid)])
told.viewer = first
told.partial = { data: second.data, codes: second.errors.map((one) => one.extensions.code) }
told.invalid = refused.map((one) => one.extensions.code)

const stream = client.iterate({ query: events, variables: { after } })
const next = stream.next()
told.change = await once(change, { input: changed })
told.event = (await next).value
await stream.return()
told.still = (await once(viewer)).data !== null
await client.dispose()

const stranger = createClient({ url: socket, connectionParams: { authorization: 'Bearer nonsense' }, retryAttempts: 0 })
told.turnedAway = await new Promise((resolve) => {
  stranger.subscribe({ query: viewer }, { next: resolve, complete: () => resolve(null), error: ({ code }) => resolve(code) })
})
tell(told)
