import { StringDecoder } from 'node:string_decoder'

/**
 * What was printed as bytes, as text: no more than makes somewhat over `room` characters, since what is no text
 * decodes at 20 MB a second and a flood of it is only thrown away. A character cut between two pieces stays whole.
 */
export function printedText(): (
  stream: 'stdout' | 'stderr',
  bytes: Uint8Array,
  room: number,
) => string {
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  return (stream, bytes, room) => {
    const decoder = decoders[stream]
    const most = BYTES_A_UNIT * (room + 2)
    if (bytes.length <= most) return decoder.write(bytes)
    return decoder.write(bytes.subarray(0, most)) + decoder.end()
  }
}

/** A UTF-16 unit takes at most as many in UTF-8. */
const BYTES_A_UNIT = 3
