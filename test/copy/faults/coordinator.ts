import { text } from "node:stream/consumers";
import { connectionSchema } from "../../../provider/connection";
import { storeSource } from "../../../provider/copy/closure-source";
import { copyClosure } from "../../../provider/copy/copy";
import { Hosts } from "../../../provider/host/pool";
import { parseStorePath } from "../../../provider/values";
import type { Ended, Orders } from "./coordinator-process";

/** Copies what standard input says, and prints how it ended. */
async function main(): Promise<void> {
  const { connection, path } = JSON.parse(await text(process.stdin)) as Orders;
  const hosts = new Hosts();
  const end = (ended: Ended): unknown => process.stdout.write(JSON.stringify(ended));
  try {
    const host = await hosts.get(connectionSchema.parse(connection));
    const local = await hosts.get(connectionSchema.parse({ local: true }));
    const ends = { source: storeSource(local), target: { host, as: undefined } };
    const report = await copyClosure({
      ...ends,
      paths: [parseStorePath(path)],
      root: () => Promise.resolve(),
    });
    end({ paths: report.paths });
  } catch (error) {
    end({ error: (error as Error).message });
  }
  await hosts.close();
}

void main();
