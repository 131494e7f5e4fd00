import type { Message, Problem } from "./resource";
import { isObject, type Properties } from "./wire";

/**
 * What our classes tell a check beside the inputs, under the one name `__program`: it goes no further, and of each name
 * Pulumi's library keeps several promises with the stack on which each was made.
 */
export interface ProgramTold {
  /** A check is not told whether it belongs to a preview, so the program says so. */
  readonly isPreview: boolean;
  readonly problems: Problem[];
  readonly messages: Message[];
  /** The path that other values are about, when `ignoreChanges` puts a saved one in its place. */
  readonly evaluated: unknown;
}

export function programTold({ __program: told }: Properties): ProgramTold {
  const { isPreview, problems, messages, evaluated } = isObject(told) ? told : {};
  return {
    isPreview: isPreview === true,
    problems: Array.isArray(problems) ? (problems as Problem[]) : [],
    messages: Array.isArray(messages) ? (messages as Message[]) : [],
    evaluated,
  };
}
