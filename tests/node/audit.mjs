// The audit suite of graphql-http: what the specification of GraphQL over HTTP says, asked of a server.
import { auditServer } from 'graphql-http'
import { given, tell } from './said.mjs'

const { url, token } = given()
const results = await auditServer({
  url,
  // types are told to people of the house alone, and some audits ask for one
  fetchFn: (address, options = {}) =>
    fetch(address, { ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } }),
})
tell(results.map(({ id, name, status, reason }) => ({ id, name, status, reason })))
