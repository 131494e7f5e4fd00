import type { End, Fault } from "../fault";
import { activating, checking, committing, entering, waiting, type Point } from "./points";

/** The process that deploys ends at once, and nobody comes after it. */
export const faultsOfCoordinator: readonly Fault[] = [
  killedWhile(entering, "old"),
  killedWhile(activating, "old"),
  killedWhile(checking, "old"),
  killedWhile(waiting, "old"),
  killedWhile(committing, "new"),
];

function killedWhile(point: Point, ends: End): Fault {
  return {
    name: `coordinator killed while it is ${point.name}`,
    ends,
    said: ["killed"],
    inputs: point.inputs ?? {},
    coordinator: { confirms: point === committing },
    arm: (attempt) => point.hold(attempt),
    during: async (attempt) => {
      await point.there(attempt);
      attempt.process?.kill();
      await attempt.process?.ended;
      attempt.release();
    },
  };
}
