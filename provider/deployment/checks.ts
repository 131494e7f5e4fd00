import { z } from "zod";
import { unitNameProblem } from "../systemd/unit-name";

const seconds = z.number().positive().max(86400);
const port = z.number().int().min(1).max(65535);
const status = z.number().int().min(100).max(599);
const text = z.string().min(1).refine(isOneLine, { error: "must be one line" });
const from = z.enum(["host", "controller"]).optional();

const tries = {
  interval: seconds.optional(),
  deadline: seconds.optional(),
  timeout: seconds.optional(),
  retries: z.number().int().min(0).optional(),
};
const repeated = { ...tries, successes: z.number().int().positive().optional() };

const commandCheck = z.strictObject({ command: z.tuple([z.string().min(1)], z.string()), ...repeated });
const httpCheck = z.strictObject({
  http: z.string().refine(isPlainUrl, {
    error:
      "must be an http or https URL, without a user or password: those would be seen; they go into headers",
  }),
  from,
  status: z.union([status, z.array(status).min(1)]).optional(),
  body: text.optional(),
  headers: z
    .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "is no name of a header"), text)
    .optional(),
  ...repeated,
});
const tcpCheck = z.strictObject({ tcp: z.strictObject({ port, host: text.optional() }), from, ...repeated });
const unitCheck = z.strictObject({
  unit: z.string().superRefine((name, context) => {
    const problem = unitNameProblem(name);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  }),
  for: z.number().min(0).max(86400).optional(),
  scope: z.enum(["system", "user"]).optional(),
  ...tries,
});

/** What shows that a machine is well behind a change: see `sdk/protection.ts` for what each field means. */
export const healthCheckSchema = z
  .union([commandCheck, httpCheck, tcpCheck, unitCheck])
  .superRefine((check, context) => {
    const least = leastSeconds(check);
    if (least < triesOf(check).deadline) return;
    context.addIssue({
      code: "custom",
      message: `cannot succeed within its deadline: takes ${least} s at least`,
    });
  });

export type HealthCheck = z.infer<typeof healthCheckSchema>;
export type HttpCheck = z.infer<typeof httpCheck>;
export type TcpCheck = z.infer<typeof tcpCheck>;

/** How often and how long it is tried; times in seconds. */
export interface Tries {
  readonly interval: number;
  readonly deadline: number;
  readonly timeout: number;
  readonly retries: number | undefined;
  readonly successes: number;
}

export function triesOf(check: HealthCheck): Tries {
  const { interval = 1, deadline = 30, timeout = 10, retries } = check;
  // A unit that has lasted needs no second look.
  const successes = "unit" in check ? 1 : (check.successes ?? 2);
  return { interval, deadline, timeout, retries, successes };
}

/** For people. */
export function nameOf(check: HealthCheck): string {
  if ("command" in check) return `"${check.command.join(" ").replace(/\s+/g, " ")}"`;
  if ("unit" in check) return `unit ${check.unit}`;
  const where = check.from === "controller" ? " from the controller" : "";
  if ("http" in check) return `${check.http}${where}`;
  return `tcp ${check.tcp.host ?? (where === "" ? "localhost" : "the host")}:${check.tcp.port}${where}`;
}

export function isFromHere(check: HealthCheck): check is HttpCheck | TcpCheck {
  return "from" in check && check.from === "controller";
}

export const unitLasts = 5;

function leastSeconds(check: HealthCheck): number {
  if ("unit" in check) return check.for ?? unitLasts;
  const { interval, successes } = triesOf(check);
  return interval * (successes - 1);
}

function isOneLine(value: string): boolean {
  return !/[\r\n\0]/.test(value);
}

function isPlainUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return /^https?:$/.test(url?.protocol ?? "") && url?.username === "" && url.password === "";
}
