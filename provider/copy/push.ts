import type { ServeSession } from "../nix/serve";
import { addToStoreNar } from "../nix/serve-requests";
import type { ValidPath } from "../nix/valid-path";
import type { OpenSource } from "./closure-source";
import type { Progress } from "./progress";

/** Bytes up to which what is sent is put together: each write costs about as much as a packet. */
const packet = 64 * 1024;

/**
 * Sends paths one behind the other without waiting for an answer, and reads the answers meanwhile: so a copy takes as
 * many round trips as its bytes, however many paths it has.
 * @throws whatever ended it first: an answer that did not come, or a source that cannot be read
 */
export async function push(
  session: ServeSession,
  source: OpenSource,
  paths: readonly ValidPath[],
  progress: Progress,
  moved: () => void,
): Promise<void> {
  const stopping = new AbortController();
  const answers = acknowledge(session, paths.length, progress, moved);
  const sending = send(session, source.read(paths, stopping.signal), progress, moved);
  try {
    await Promise.all([answers, sending]);
  } finally {
    stopping.abort(new Error("the copy has ended"));
    sending.catch(() => undefined);
    answers.catch(() => undefined);
  }
}

async function acknowledge(
  session: ServeSession,
  count: number,
  progress: Progress,
  moved: () => void,
): Promise<void> {
  for (let index = 0; index < count; index++) {
    await session.added();
    progress.arrived++;
    moved();
  }
}

async function send(
  session: ServeSession,
  nars: ReturnType<OpenSource["read"]>,
  progress: Progress,
  moved: () => void,
): Promise<void> {
  const outbox = new Outbox(session);
  const hand = async (piece: Uint8Array): Promise<void> => {
    progress.isHanding = true;
    await outbox.add(piece);
    progress.isHanding = false;
  };
  for await (const { info, chunks } of nars) {
    await hand(addToStoreNar(info));
    for await (const chunk of chunks) {
      progress.sent += chunk.length;
      await hand(chunk);
      moved();
    }
    progress.handed++;
  }
  await outbox.flush();
}

/** Milliseconds for which a small piece waits for more: a source that gives no more must not keep what it gave. */
const longestWait = 100;

/** Joins small pieces: thousands of paths may be of some hundred bytes each. */
class Outbox {
  private pieces: Uint8Array[] = [];
  private size = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly session: ServeSession) {}

  async add(piece: Uint8Array): Promise<void> {
    this.pieces.push(piece);
    this.size += piece.length;
    if (this.size >= packet) await this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), longestWait);
  }

  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const [bytes] = this.pieces.length === 1 ? this.pieces : [Buffer.concat(this.pieces)];
    this.pieces = [];
    this.size = 0;
    await this.session.send(bytes as Uint8Array);
  }
}
