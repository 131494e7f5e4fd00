import { join } from "node:path";
import { loadProgram, type Program } from "../host/program";

const common = ["deployment.sh"];
/** What a subject may define anew. */
const defaults = ["restart.sh"];
const parts = [
  "limited.sh",
  "check.sh",
  "check-http.sh",
  "check-unit.sh",
  "others.sh",
  "lock.sh",
  "arm.sh",
  "watchdog.sh",
];

/** A program of ours on deployments, with what stands before it. */
export function deploymentProgram(...names: string[]): Program {
  const texts = [...common, ...names].map((name) => loadProgram(join(__dirname, name)));
  return { name: names[0] ?? "", text: texts.map(({ text }) => text).join("\n") };
}

/** The watchdog of a subject: what the subject's texts define is what it carries out and takes back. */
export function watchdogOf(...subject: Program[]): Program {
  const ours = (names: string[]): string[] => names.map((name) => loadProgram(join(__dirname, name)).text);
  const texts = [...ours([...common, ...defaults]), ...subject.map(({ text }) => text), ...ours(parts)];
  return { name: "watchdog.sh", text: texts.join("\n") };
}
