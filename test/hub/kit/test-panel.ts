import { io, type Socket } from 'socket.io-client';
import { PANEL_NAMESPACE, type PanelEvents, type Topic } from '../../../shared/api/changes.ts';
import { waitFor } from '../../kit/wait.ts';

/** An open panel as the hub sees one: a socket that listens, and keeps what it is told. */
export class TestPanel implements Disposable {
  readonly socket: Socket<PanelEvents>;
  /** What came, as it came. */
  readonly told: { topics: Topic[] }[] = [];
  refusal: string | undefined;
  disconnects = 0;

  constructor(
    url: string,
    headers: Record<string, string>,
    { namespace = PANEL_NAMESPACE, transports = ['websocket'] } = {},
  ) {
    this.socket = io(`${url}${namespace}`, {
      extraHeaders: headers,
      reconnection: false,
      forceNew: true,
      transports,
    });
    this.socket.on('changed', (change) => this.told.push(change));
    this.socket.on('connect_error', (error) => {
      this.refusal = error.message;
    });
    this.socket.on('disconnect', () => {
      this.disconnects += 1;
    });
  }

  static async open(url: string, headers: Record<string, string>): Promise<TestPanel> {
    const panel = new TestPanel(url, headers);
    await waitFor('the panel to be let in', () => panel.socket.connected || refuse(panel));
    return panel;
  }

  get topics(): Topic[] {
    return this.told.flatMap(({ topics }) => topics);
  }

  [Symbol.dispose](): void {
    this.socket.disconnect();
  }
}

function refuse({ refusal }: TestPanel): undefined {
  if (refusal !== undefined) throw new Error(`the panel was refused: ${refusal}`);
  return undefined;
}
