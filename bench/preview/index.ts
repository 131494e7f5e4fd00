import { Project } from "../../test/engine/project";
import { bootFleet, type Fleet } from "../../test/fleet";
import type { Benchmark, Extent } from "../benchmark";
import { Payload, type PayloadSize } from "../fleet-run/payload";
import { tsconfig } from "../fleet-run/programs";
import { ratiosOf, spreadOf, timed } from "../measure";
import { ratio, seconds, table } from "../table";
import { programOf, steps, type Step } from "./programs";

/** What a preview costs that finds nothing to do, and which part of it takes how much. */
export const preview: Benchmark = {
  title: "A preview of a program that changes nothing",

  async run({ rounds, quick }, progress) {
    const count = quick ? 1 : 50;
    const payload = new Payload("preview", size);
    payload.place();
    progress(`booting ${count} hosts`);
    const fleet = await bootFleet({ bookworm: count });
    const projects = new Map<Step, Project>();
    try {
      for (const step of quick ? ends : steps) {
        progress(`deploying ${step}`);
        projects.set(step, await deployed(step, fleet, payload, !quick));
      }
      return report(await takeAll(projects, quick ? ["preview"] : forms, rounds, progress), {
        count,
        rounds,
      });
    } finally {
      for (const project of projects.values()) await project.remove();
      await fleet.stop();
    }
  },
};

const size: PayloadSize = { paths: 3, kilobytes: 1, changing: 1 };

/** The first and the last step: all that a quick run takes. */
const ends: readonly Step[] = ["trivial", "ours"];

const forms = ["preview", "preview --refresh"] as const;
type Form = (typeof forms)[number];
/** Seconds of each round. */
type Taken = Map<Form, Map<Step, number[]>>;

async function deployed(
  step: Step,
  { hosts }: Fleet,
  payload: Payload,
  isMeasured: boolean,
): Promise<Project> {
  const files = { "index.ts": programOf(step), "tsconfig.json": tsconfig };
  const project = await Project.create({ files, isMeasured });
  const connections = Object.fromEntries(hosts.map((host) => [host.name, host.connection()]));
  await project.configure({ unit: "bench-preview", hosts: connections });
  await project.configure({ payload: { file: payload.file, ...payload.args("1") } });
  await project.succeed("up", "--yes", "--skip-preview");
  return project;
}

async function takeAll(
  projects: ReadonlyMap<Step, Project>,
  taking: readonly Form[],
  rounds: Extent["rounds"],
  progress: (text: string) => void,
): Promise<Taken> {
  const taken: Taken = new Map(
    taking.map((form) => [form, new Map([...projects.keys()].map((step) => [step, []]))]),
  );
  for (let round = 1; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}`);
    for (const form of taking) {
      for (const [step, project] of projects) {
        const took = await timed(() => project.succeed(...form.split(" "), "--expect-no-changes"));
        taken.get(form)?.get(step)?.push(took);
      }
    }
  }
  return taken;
}

function report(taken: Taken, { count, rounds }: { count: number; rounds: number }): string {
  const rows = [...taken].flatMap(([form, bySteps]) =>
    [...bySteps].map(([step, own]) => {
      const floor = bySteps.get("trivial") ?? [];
      return [`\`${form}\``, names[step], seconds(spreadOf(own)), ratio(ratiosOf(own, floor))];
    }),
  );
  return `\
${count} hosts, each with a build, a copy, an activation (\`noop\`) and a unit of its own: ${4 * count} resources, deployed
and unchanged. Medians of ${rounds} rounds, each of all four programs in turn; × is the median of the rounds' ratios
(least–most) to the same number of resources with as much in them of a provider that does nothing. Each line adds one
thing to the line above: what it costs is the difference.

${table(["command", "program", "s", "× trivial"], rows)}

What is left is mostly the builds: their sources are read again, to know whether what was evaluated is still so, and the
checks of all inputs. Our classes make a resource cheaper than Pulumi's library alone does (its stack traces are left
unformatted), which pays for the rest. With \`--refresh\` the builds are looked for in the store here, and each machine is
logged in to and asked: the work of both ends of those logins, here on the same cores.`;
}

const names: Readonly<Record<Step, string>> = {
  trivial: "trivial resources only",
  loaded: "… and pulumi-nix loaded by the program",
  builds: "… and the builds ours: evaluated, checked",
  ours: "… and all others ours",
};
