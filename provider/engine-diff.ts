import { DiffRequest, DiffResponse, PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import type { DetailedDiff, DifferenceKind } from "./detailed-diff";
import { savedInputs, withSaved } from "./engine-saved";
import { isObject, type Properties } from "./wire";

/**
 * The dynamic-provider server hands `diff` no saved inputs and takes no detailed diff from it, although request and
 * response have both (Pulumi, proto/pulumi/provider.proto). This file adds them where the server asks the request for the
 * state, and where it sets the response's `changes` to what our answer says. A server that does otherwise gets an answer
 * without details, and then the engine makes them of the inputs alone.
 */

let answering: DetailedDiff | undefined;

/** Takes effect for the requests that the server looks at after this. */
export function watchDiffs(): void {
  const { getOlds } = DiffRequest.prototype;
  DiffRequest.prototype.getOlds = function (this: DiffRequest) {
    const olds = getOlds.call(this);
    const inputs = this.getOldInputs();
    if (olds === undefined || inputs === undefined) return olds;
    const toJavaScript = olds.toJavaScript.bind(olds);
    olds.toJavaScript = () => withSaved(toJavaScript(), inputs);
    return olds;
  };
  const { setChanges } = DiffResponse.prototype;
  DiffResponse.prototype.setChanges = function (this: DiffResponse, changes) {
    const details = answering;
    answering = undefined;
    if (details === undefined) return setChanges.call(this, changes);
    addDetails(this, details);
    return setChanges.call(this, DiffResponse.DiffChanges.DIFF_SOME);
  };
}

const kinds = {
  add: PropertyDiff.Kind.ADD,
  delete: PropertyDiff.Kind.DELETE,
  update: PropertyDiff.Kind.UPDATE,
} as const satisfies Record<DifferenceKind, PropertyDiff.Kind>;

function addDetails(response: DiffResponse, details: DetailedDiff): void {
  const map = response.getDetaileddiffMap();
  for (const [path, { kind, ofInput }] of details) {
    const difference = new PropertyDiff();
    difference.setKind(kinds[kind]);
    difference.setInputdiff(ofInput);
    map.set(path, difference);
  }
  response.setHasdetaileddiff(true);
  response.setDiffsList([...new Set([...details.keys()].map((path) => path.replace(/[.[].*/s, "")))]);
}

/** The state that a diff is about, and the inputs saved with it where the request has them. */
export function stateToDiff(properties: Properties): { state: Properties; saved: Properties | undefined } {
  const { [savedInputs]: saved, ...state } = properties;
  return { state, saved: isObject(saved) ? saved : undefined };
}

/** An answer whose `changes`, which the server reads in the same breath as it writes them on, bring the details along. */
export function withDetails<Answer extends { readonly changes: boolean | undefined }>(
  answer: Answer,
  details: DetailedDiff,
): Answer {
  if (details.size === 0) return answer;
  return Object.defineProperty({ ...answer }, "changes", {
    enumerable: true,
    get() {
      answering = details;
      return answer.changes;
    },
  });
}
