// What the tests tell a script, and what it tells them.

export const given = () => JSON.parse(process.argv[2])

export const tell = (found) => process.stdout.write(JSON.stringify(found))

/** `fetch`, and what went out and came in by it. */
export function watched() {
  const seen = []
  const fetchFn = async (address, options = {}) => {
    const response = await fetch(address, options)
    seen.push({
      method: options.method ?? 'GET',
      status: response.status,
      type: response.headers.get('content-type'),
      etag: response.headers.get('etag') !== null,
      sent: new URL(address).searchParams.has('query') || Boolean(options.body && JSON.parse(options.body).query),
    })
    return response
  }
  return { fetchFn, seen: () => seen.splice(0) }
}
