import { recorded } from "./recorded";

interface Step {
  op: string;
  urn: string;
  oldState?: State;
  newState?: State;
}

interface State {
  inputs: Record<string, unknown>;
}

interface Preview {
  steps: Step[];
  diagnostics: { urn?: string; message: string; severity: string }[];
}

export interface ManyHosts {
  readonly hosts: number;
  /** How many packages change with the new kernel, on each host. */
  readonly packages: number;
  /** How many different sets of packages there are. */
  readonly kinds: number;
}

/** The recorded preview of a new kernel, as it would be of more machines that are like its first. */
export function manyHosts({ hosts, packages, kinds }: ManyHosts): string {
  const preview = JSON.parse(recorded("kernel")) as Preview;
  const isOfWeb1 = ({ urn = "" }: { urn?: string }): boolean => urn.endsWith("::web1");
  const rest = preview.steps.filter(({ urn }) => !/::(web1|web2|db1)$/.test(urn));
  const template = preview.steps.filter(isOfWeb1);
  const said = preview.diagnostics.filter(isOfWeb1);
  const all = Array.from({ length: hosts }, (_host, index) => index);
  return JSON.stringify({
    ...preview,
    steps: [
      ...rest,
      ...all.flatMap((index) => withPackages(copies(template, index), index % kinds, packages)),
    ],
    diagnostics: all.flatMap((index) => copies(said, index)),
  });
}

function copies<T>(parts: readonly T[], index: number): T[] {
  const text = JSON.stringify(parts)
    .replaceAll("10.0.0.1", `10.0.1.${index + 1}`)
    .replaceAll("web1", `node${index + 1}`);
  return JSON.parse(text) as T[];
}

function withPackages(steps: readonly Step[], kind: number, count: number): Step[] {
  const more = (version: string): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: count }, (_one, at) => [`library-${kind}-${at}`, `${version}.${at}`]),
    );
  return steps.map((step) => {
    // What was looked at is what was deployed.
    if (step.op === "refresh")
      return {
        ...step,
        oldState: added(step.oldState, more("1")),
        newState: added(step.newState, more("1")),
      };
    return {
      ...step,
      oldState: added(step.oldState, more("1")),
      newState: added(step.newState, more("2")),
    };
  });
}

function added(state: State | undefined, more: Record<string, string>): State | undefined {
  const packages = state?.inputs["packages"];
  if (state === undefined || packages === undefined) return state;
  return { ...state, inputs: { ...state.inputs, packages: { ...(packages as object), ...more } } };
}
