import { logFor } from "./engine-log";
import type { Message } from "./resource";

const said = new Set<string>();

/**
 * Says what the program found out about a resource, which reaches a check as `__messages`. Each is said once a run: a
 * resource that is replaced is checked twice. Preview and update are runs of their own, and both say it, as they do with
 * what a program itself logs.
 */
export function sayMessages(messages: unknown, urn: string): void {
  for (const { severity, text } of Array.isArray(messages) ? (messages as Message[]) : []) {
    const message = JSON.stringify([urn, severity, text]);
    if (!said.has(message)) logFor(urn).log(severity, text);
    said.add(message);
  }
}
