/**
 * PostgreSQL proxy: a wire between a store and its server that is cut, or held up, where a test says.
 */
import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import type { ClientConfig } from 'pg';

/** What happens to bytes on their way to the server. */
export type Fate =
  | 'pass'
  | 'cut' // they never arrive, and both ends lose the connection
  | 'deliver and cut' // they arrive, and the answer does not come back
  | 'hold'; // they and all after them wait until `release`

export class PostgresProxy {
  readonly #target: ClientConfig;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #held: (() => void)[] = [];
  /** Decides about every piece that a client sends. */
  judge: (piece: Buffer) => Fate = () => 'pass';

  constructor(target: ClientConfig) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  /** How to connect through the proxy, which listens from now on. */
  async connection(): Promise<ClientConfig> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => resolve());
    });
    const address = this.#server.address();
    return { ...this.#target, port: typeof address === 'object' && address !== null ? address.port : 0 };
  }

  /** Lets go on what was held. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    for (const send of held) send();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    const server = tcpConnect(this.#target.port ?? 0, '127.0.0.1');
    const pair = [client, server];
    const cut = (): void => {
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) {
      this.#sockets.add(socket);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        cut();
      });
      socket.on('error', cut);
    }
    let isDeaf = false;
    server.on('data', (piece) => (isDeaf ? cut() : client.write(piece)));
    client.on('data', (piece) => {
      const fate = this.judge(piece);
      if (fate === 'cut') cut();
      else if (fate === 'hold' || this.#held.length > 0) this.#held.push(() => server.write(piece));
      else server.write(piece);
      if (fate === 'deliver and cut') isDeaf = true;
    });
  }
}

/** Does this to the first piece that holds the text, and lets everything else pass. */
export const atText = (text: string, fate: Fate): ((piece: Buffer) => Fate) => {
  let isDone = false;
  return (piece) => {
    if (isDone || !piece.includes(text)) return 'pass';
    isDone = true;
    return fate;
  };
};
