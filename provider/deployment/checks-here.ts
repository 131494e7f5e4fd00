import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { nameOf, triesOf, type HttpCheck, type TcpCheck } from "./checks";
import { askedFromHere } from "./http-here";

/** Runs checks from here, one after the other; gives why one failed. As check.sh does it there. */
export async function checkedFromHere(
  checks: readonly (HttpCheck | TcpCheck)[],
  host: string,
  status: (doing: string) => void,
): Promise<string | undefined> {
  for (const check of checks) {
    status(`checking ${nameOf(check)}`);
    const failure = await checked(check, host);
    if (failure !== undefined) return `health check ${nameOf(check)} failed: ${failure}`;
  }
  return undefined;
}

async function checked(check: HttpCheck | TcpCheck, host: string): Promise<string | undefined> {
  const { interval, deadline, timeout, retries = Infinity, successes } = triesOf(check);
  const began = performance.now();
  const left = (): number => began + deadline * 1000 - performance.now();
  const tally = { tries: 0, failed: 0, row: 0, seen: "" };
  while (tally.tries === 0 || left() > 0) {
    const limit = Math.max(10, Math.min(timeout * 1000, left()));
    const observed = await within(limit, (signal) => tried(check, host, signal));
    count(tally, observed, limit < timeout * 1000);
    if (tally.row >= successes) return undefined;
    if (tally.failed > retries) break;
    await delay(Math.max(0, Math.min(interval * 1000, left())));
  }
  return `${tally.seen} (${summary(tally, successes, performance.now() - began)})`;
}

interface Tally {
  tries: number;
  failed: number;
  row: number;
  seen: string;
}

/** Of a try that only the deadline cut off, the one before knew more. */
function count(tally: Tally, observed: string | undefined, isLast: boolean): void {
  tally.tries += 1;
  if (observed === undefined) {
    tally.row += 1;
    return;
  }
  tally.failed += 1;
  tally.row = 0;
  if (tally.seen === "" || !isLast || !observed.startsWith(noEnd)) tally.seen = observed;
}

function summary({ tries, failed }: Tally, successes: number, milliseconds: number): string {
  if (failed < tries) return `${tries - failed} of ${tries} tries succeeded; it takes ${successes} in a row`;
  return `tries: ${tries}, in ${(milliseconds / 1000).toFixed(2)} s`;
}

const noEnd = "no end within";

/** What was observed, or undefined when all is well. */
async function within(
  milliseconds: number,
  act: (signal: AbortSignal) => Promise<string | undefined>,
): Promise<string | undefined> {
  const signal = AbortSignal.timeout(Math.ceil(milliseconds));
  try {
    return await act(signal);
  } catch (error) {
    if (signal.aborted) return `${noEnd} ${(milliseconds / 1000).toFixed(2)} s`;
    return reasonOf(error);
  }
}

/** Of an address with several answers, Node gives one error around theirs, without a text. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}

function tried(check: HttpCheck | TcpCheck, host: string, signal: AbortSignal): Promise<string | undefined> {
  if ("http" in check) return askedFromHere(check, signal);
  return connected(check.tcp.host ?? host, check.tcp.port, signal);
}

function connected(host: string, port: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on("error", reject);
    signal.addEventListener("abort", () => socket.destroy(new Error("aborted")));
  });
}
