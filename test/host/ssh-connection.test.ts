import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { SshClient } from "../../provider/host/ssh";
import { SshConnection } from "../../provider/host/ssh-connection";

describe("an SSH connection", () => {
  it("that can send no sign of life is lost, and nothing else ends with it", async () => {
    const unhandled: unknown[] = [];
    const hear = (reason: unknown) => unhandled.push(reason);
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", hear);
    try {
      const client = new HalfClosed();
      const anchor = { ref: () => undefined, unref: () => undefined };
      const connection = new SshConnection(client as unknown as SshClient, anchor, 1);
      while (!connection.lost) await delay(1);
      await delay(1);
    } finally {
      process.off("unhandledRejection", hear);
      for (const other of others) process.on("unhandledRejection", other);
    }
    assert.deepEqual(unhandled, []);
  });
});

/** As ssh2 on a socket that takes nothing any more but is not closed yet: what sends throws. */
class HalfClosed {
  private lost: (reason: Error) => void = () => undefined;

  onLost(listener: (reason: Error) => void): void {
    this.lost = listener;
  }

  ping(): Promise<void> {
    return Promise.reject(new Error("Not connected"));
  }

  destroy(reason: Error): void {
    this.lost(reason);
  }
}
