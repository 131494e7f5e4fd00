import { logFor } from "./engine-log";
import type { Message } from "./resource";

const said = new Set<string>();

/**
 * Says what the program found out about a resource; what is only worth saying of a change waits for the preview. Each is
 * said once a run: a resource that is replaced is checked twice. Preview and update are runs of their own, and both say
 * it, as they do with what a program itself logs.
 */
export function sayMessages(messages: readonly Message[], urn: string): void {
  for (const { severity, text, ofChange = false } of messages) {
    if (ofChange) continue;
    const message = JSON.stringify([urn, severity, text]);
    if (!said.has(message)) logFor(urn).log(severity, text);
    said.add(message);
  }
}

export function messagesOfChange(messages: readonly Message[]): Message[] {
  return messages.filter(({ ofChange = false }) => ofChange);
}
