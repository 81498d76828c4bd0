import type { Socket } from 'node:net'

/** No request or reply is longer: a line beyond it ends the connection. */
const maxLineBytes = 16 << 20

/** Calls `each` with every complete line a socket receives. */
export function onLines(socket: Socket, each: (line: string) => void): void {
  let parts: string[] = []
  let length = 0
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const lines = text.split('\n')
    for (let i = 0; i < lines.length - 1; i += 1) {
      each(parts.length === 0 ? lines[i] : parts.join('') + lines[i])
      parts = []
      length = 0
    }
    const rest = lines[lines.length - 1]
    if (rest !== '') parts.push(rest)
    length += rest.length
    if (length > maxLineBytes)
      socket.destroy(new Error(`a line of over ${maxLineBytes} characters`))
  })
}
