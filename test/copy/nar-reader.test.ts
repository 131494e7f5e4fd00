import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { connectionSchema } from "../../provider/connection";
import { NarReader, type Nar, type NarReaderOptions } from "../../provider/copy/nar-reader";
import { RefusedError } from "../../provider/errors";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { ServeSession } from "../../provider/nix/serve";
import type { ValidPath } from "../../provider/nix/valid-path";
import { parseStorePath } from "../../provider/values";
import { environment, setEnvironment } from "../fleet";
import { readAll, storedFiles } from "./stored-files";

/** Bytes that come as one piece. */
const piece = 64 * 1024;
const never = (): AbortSignal => new AbortController().signal;

describe("reading NARs for several copies at a time", () => {
  const hosts = new Hosts();
  let local: Host;
  let files: ValidPath[];
  let reader: NarReader;
  let restoreEnvironment: () => void;
  /** Paths in the order in which they were asked for, and the bytes that came of all. */
  let asked: string[];
  let read: number;
  /** Called when the store is opened again, for one that reads by itself. */
  let openedAgain: () => void;

  before(async () => {
    restoreEnvironment = setEnvironment(environment());
    local = await hosts.get(connectionSchema.parse({ local: true }));
    files = await storedFiles(local, "read", [10, 500_000, 0, 2_000_000, 100_000, 1_000_000, 3]);
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
  });
  afterEach(() => reader.close());

  function makeReader(options?: NarReaderOptions): NarReader {
    asked = [];
    read = 0;
    openedAgain = () => undefined;
    return (reader = new NarReader(observedSession, options));
  }

  async function observedSession(): Promise<ServeSession> {
    if (asked.length > 0) openedAgain();
    const session = await ServeSession.open(local, { as: undefined, doing: "reading" });
    const dump = session.dump.bind(session);
    session.dump = (info) => {
      asked.push(info.path);
      return counted(dump(info));
    };
    return session;
  }

  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      read += chunk.length;
      yield chunk;
    }
  }

  const names = (infos: readonly ValidPath[]): string[] => infos.map(({ path }) => path);
  const total = (infos: readonly ValidPath[]): number => infos.reduce((sum, { narSize }) => sum + narSize, 0);

  it("reads what all of them want once", async () => {
    makeReader();
    const copies = await Promise.all([1, 2, 3, 4].map(() => readAll(reader.read(files, never()))));
    for (const paths of copies) assert.deepEqual(paths, names(files));
    assert.deepEqual([asked, read], [names(files), total(files)]);
  });

  it("reads for copies that want different ones all that any of them wants, and that once", async () => {
    makeReader();
    const wanted = [files.slice(0, 4), files.slice(2), [files[1], files[5]] as ValidPath[], []];
    const copies = await Promise.all(wanted.map((infos) => readAll(reader.read(infos, never()))));
    assert.deepEqual(copies, wanted.map(names));
    assert.deepEqual([asked.sort(), read], [names(files).sort(), total(files)]);
  });

  it("gives a copy that comes later what is still kept, and reads for it what is not", async () => {
    makeReader({ most: 1_200_000 });
    await readAll(reader.read(files, never()));
    assert.deepEqual(await readAll(reader.read(files, never())), names(files));
    const again = asked.slice(files.length);
    assert.ok(again.length > 0 && again.length < files.length, again.join("\n"));
    assert.ok(again.includes(files[3]?.path ?? ""), "what is larger than all that is kept");
  });

  it("leaves a copy behind that takes nothing, and the others go on; it still gets all", async () => {
    makeReader({ most: 4 * piece, patience: 20 });
    let othersAreDone: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (othersAreDone = resolve));
    let taken = 0;
    const withinTheLargest = 700_000;
    const slow = readAll(reader.read(files, never()), (bytes) =>
      (taken += bytes) > withinTheLargest ? until : undefined,
    );
    const others = Promise.all([1, 2].map(() => readAll(reader.read(files, never()))));
    assert.deepEqual(await others, [names(files), names(files)]);
    othersAreDone();
    assert.deepEqual(await slow, names(files));
    assert.ok(asked.length > files.length, "it has read by itself");
  });

  it("leaves a copy behind that has not begun with its next path, too", async () => {
    makeReader({ most: 4 * piece, patience: 20 });
    const wanted = files.slice(3);
    const slow = reader.read(wanted, never());
    const first = (await slow.next()).value as Nar;
    await readAll(reader.read(wanted, never()));
    async function* all(): AsyncGenerator<Nar> {
      yield first;
      yield* slow;
    }
    assert.deepEqual(await readAll(all()), names(wanted));
  });

  it("with endless patience such a copy would keep the others waiting, and no more than the buffer is read", async () => {
    const most = 4 * piece;
    makeReader({ most, patience: 60_000 });
    const events: string[] = [];
    const release = delay(400).then(() => {
      events.push("released");
      // One piece is on its way to the buffer.
      assert.ok(read <= most + piece + (files[0]?.narSize ?? 0), String(read));
    });
    const slow = readAll(reader.read(files, never()), () => release);
    await readAll(reader.read(files, never()));
    events.push("done");
    await slow;
    assert.deepEqual(events, ["released", "done"]);
    assert.deepEqual(asked, names(files));
  });

  it("never keeps more than the buffer, whoever reads", async () => {
    const most = 4 * piece;
    makeReader({ most, patience: 60_000 });
    const taken = [0, 0, 0];
    const copies = taken.map((_, index) =>
      readAll(reader.read(files, never()), async (bytes) => {
        taken[index] = (taken[index] ?? 0) + bytes;
        assert.ok(read - Math.min(...taken) <= most + 2 * piece, `${read} read, ${taken.join(" ")} taken`);
        if (index > 0) await delay(index);
      }),
    );
    await Promise.all(copies);
    assert.equal(read, total(files));
  });

  it("comes to an end when two want the same ones in another order, and both are larger than the buffer", async () => {
    makeReader({ most: 2 * piece, patience: 20 });
    const [one, other] = [files[1], files[3]] as [ValidPath, ValidPath];
    const orders = [
      [one, other],
      [other, one],
    ];
    const copies = await Promise.all(orders.map((infos) => readAll(reader.read(infos, never()))));
    assert.deepEqual(copies, orders.map(names));
  });

  it("a copy that is given up ends, and the others go on", async () => {
    makeReader({ most: 2 * piece, patience: 60_000 });
    const stopping = new AbortController();
    let begun = 0;
    const ended = readAll(reader.read(files, stopping.signal), async () => {
      if (begun++ > 0) return;
      stopping.abort(new Error("given up"));
      await delay(0);
    });
    const going = readAll(reader.read(files, never()));
    await assert.rejects(ended, /given up/);
    assert.deepEqual(await going, names(files));
    assert.deepEqual(asked, names(files));
  });

  it("a copy that is given up while it reads by itself reads no further", async () => {
    makeReader({ most: 2 * piece, patience: 0 });
    const stopping = new AbortController();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = readAll(reader.read(files, stopping.signal), () => held);
    await readAll(reader.read(files, never()));
    stopping.abort(new Error("given up"));
    release();
    await assert.rejects(slow, /given up/);
    assert.deepEqual(asked, names(files));
  });

  it("a copy that is given up while it begins to read by itself reads nothing", async () => {
    makeReader({ most: 2 * piece, patience: 0 });
    const stopping = new AbortController();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = readAll(reader.read(files, stopping.signal), () => held);
    await readAll(reader.read(files, never()));
    openedAgain = () => stopping.abort(new Error("given up"));
    release();
    await assert.rejects(slow, /given up/);
    assert.deepEqual(asked, names(files));
  });

  it("a path that cannot be read fails the copies that want it, by its name, and no others", async () => {
    makeReader();
    const path = parseStorePath(`/nix/store/${"0".repeat(32)}-nowhere`);
    const absent: ValidPath = { ...(files[1] as ValidPath), path };
    const wants = (infos: readonly ValidPath[]): Promise<string[]> => readAll(reader.read(infos, never()));
    const failing = [wants([...files.slice(0, 2), absent, ...files.slice(2)]), wants([absent])];
    const others = Promise.all([wants(files), wants(files.slice(3))]);
    for (const copy of await Promise.allSettled(failing)) {
      assert.equal(copy.status, "rejected");
      assert.match(String(copy.reason), /Error: reading \S+-nowhere on this machine failed: /);
    }
    assert.deepEqual(await others, [names(files), names(files.slice(3))]);
    assert.deepEqual(await wants(files), names(files));
  });

  for (const [longer, by] of [
    ["longer", -8],
    ["shorter", 8],
  ] as const)
    it(`a path that is ${longer} than its store knows fails the copies that want it, and no others`, async () => {
      makeReader();
      const [file, ...rest] = files.slice(3) as [ValidPath, ...ValidPath[]];
      const damaged = { ...file, narSize: file.narSize + by };
      const failing = readAll(reader.read([damaged, ...rest], never()));
      const others = readAll(reader.read(rest, never()));
      await assert.rejects(failing, (error: Error) => {
        assert.ok(error instanceof RefusedError, String(error));
        assert.match(error.message, /^reading \S+-read-3 on this machine failed: it is damaged there: /);
        assert.match(error.hint ?? "", /nix-store --verify --check-contents --repair/);
        return true;
      });
      assert.deepEqual(await others, names(rest));
    });
});
