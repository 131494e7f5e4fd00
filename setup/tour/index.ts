import { setTimeout as sleep } from "node:timers/promises";
import { cannotBootBecause } from "../../test/fleet";
import { cannotBuildBecause } from "./can-build";
import { CommandFailed, interrupt, resume } from "./command";
import { openFleetPlace } from "./fleet-place";
import { clear, noteKind, openTourStack } from "./leftovers";
import { openOwnPlace } from "./own-place";
import type { Place } from "./place";
import type { TourStack } from "./stack";
import { note, step, tell, tellTimes } from "./story";
import { tellHowToGoOn, tellWhatStays } from "./by-hand";
import { takeTour } from "./tour";

let isOver = false;
let letGo: (() => void) | undefined;

/** usage: index.ts [--keep]; TOUR_BEGUN is when the set-up began, in milliseconds. */
async function main(): Promise<void> {
  const begun = process.env["TOUR_BEGUN"];
  if (begun !== undefined) note("Set up", Date.now() - Number(begun));
  const problem = await cannotBuildBecause();
  if (problem !== undefined) return fail(`The tour needs Nix on this machine. ${problem}`);
  const stack = await openTourStack();
  let place: Place | undefined;
  try {
    place = await openPlace(stack);
    await takeTour(stack, place);
    if (process.argv.includes("--keep")) await keep(stack, place);
    await step("Destroy everything", () => stack.destroy());
    stack.remove();
  } catch (error) {
    fail(isOver ? "Interrupted." : text(error));
  } finally {
    await clearUp(stack, place);
  }
  if (process.exitCode !== undefined || place === undefined) return;
  tellTimes();
  tellHowToGoOn(place);
}

async function openPlace(stack: TourStack): Promise<Place> {
  const reason = await cannotBootBecause();
  noteKind(stack, reason === undefined ? "fleet" : "this machine");
  if (reason === undefined) {
    return step("Boot two throw-away hosts, of Debian bookworm and trixie", () =>
      openFleetPlace(stack.folder),
    );
  }
  return step("Take this machine, and your own profile on it", () => openOwnPlace(reason));
}

/** Leaves everything as it is until ^C, which is here no interruption. */
async function keep(stack: TourStack, place: Place): Promise<void> {
  tellWhatStays(stack, place);
  const timer = setInterval(() => undefined, 1 << 30);
  await new Promise<void>((resolve) => (letGo = resolve));
  clearInterval(timer);
  // npm passes on the ^C that the terminal has sent us already: that is the same one.
  await sleep(500);
  letGo = undefined;
}

async function clearUp(stack: TourStack, place: Place | undefined): Promise<void> {
  resume();
  if (isOver) tell("Clearing up.");
  // First the hosts: what is on them goes with them.
  await place?.end();
  await clear(stack).catch((error: unknown) => fail(`Not all could be cleared up. ${text(error)}`));
}

function fail(message: string): void {
  console.error(`\n${message}`);
  process.exitCode = isOver ? 130 : 1;
}

function text(error: unknown): string {
  return error instanceof CommandFailed ? error.message : String((error as Error).stack);
}

/** The first ^C ends what runs and clears up; further ones (npm passes on what the terminal sent already) do nothing. */
function end(): void {
  if (letGo !== undefined) return letGo();
  if (isOver) return;
  isOver = true;
  interrupt();
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
// Nobody listens any more: `npm start | head`.
for (const stream of [process.stdout, process.stderr]) stream.on("error", end);
void main();
