import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Waits until an SSH server greets at this address. */
export async function untilGreeting(host: string, port: number, milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!(await greets(host, port))) {
    if (Date.now() > end) throw new Error(`${host}:${port} has no SSH greeting after ${milliseconds} ms`);
    await sleep(50);
  }
}

/** Whether an SSH server greets at this address within five seconds: a busy machine takes its time. */
export function greets(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5000 });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("data", (chunk: Buffer) => answer(chunk.toString("latin1").startsWith("SSH-2.0-")));
    socket.once("error", () => answer(false));
    socket.once("timeout", () => answer(false));
    socket.once("close", () => answer(false));
  });
}
