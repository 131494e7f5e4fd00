import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import * as analyzer from "@pulumi/pulumi/proto/analyzer_pb";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { checkout } from "../fleet/script";

export type PackConfig = Readonly<Record<string, Readonly<Record<string, JavaScriptValue>>>>;

export interface Judged {
  readonly type: string;
  readonly name?: string;
  readonly stack?: string;
  readonly properties: Readonly<Record<string, JavaScriptValue>>;
  /** For the whole stack: the resources that a property comes from, by their types. */
  readonly from?: Readonly<Record<string, readonly string[]>>;
}

export interface Violation {
  readonly policy: string;
  readonly message: string;
  readonly mandatory: boolean;
}

/** A policy pack's own process, started and asked as the engine does (pkg/resource/plugin/analyzer_plugin.go). */
export class PolicyPackProcess {
  private constructor(
    private readonly process: ChildProcess,
    private readonly client: AnalyzerClient,
  ) {}

  static async start(folder: string): Promise<PolicyPackProcess> {
    const program = join(checkout, "node_modules/@pulumi/pulumi/cmd/run-policy-pack");
    // The pack asks nothing of the engine, whose address comes first.
    const child = spawn(process.execPath, [program, "127.0.0.1:1", "."], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, TS_NODE_TRANSPILE_ONLY: "true" },
    });
    const lines = createInterface({ input: child.stdout });
    const [port] = (await Promise.race([once(lines, "line"), failed(child)])) as [string];
    return new PolicyPackProcess(
      child,
      new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure()),
    );
  }

  async configure(config: PackConfig): Promise<void> {
    const request = new analyzer.ConfigureAnalyzerRequest();
    for (const [policy, properties] of Object.entries(config)) {
      const entry = new analyzer.PolicyConfig();
      entry.setEnforcementlevel(analyzer.EnforcementLevel.MANDATORY);
      entry.setProperties(Struct.fromJavaScript(properties));
      request.getPolicyconfigMap().set(policy, entry);
    }
    await asked((done) => this.client.configure(request, done));
  }

  async analyze(resource: Judged): Promise<Violation[]> {
    const request = filled(new analyzer.AnalyzeRequest(), resource);
    return violations(await asked<analyzer.AnalyzeResponse>((done) => this.client.analyze(request, done)));
  }

  async analyzeStack(resource: Judged): Promise<Violation[]> {
    const request = new analyzer.AnalyzeStackRequest();
    const origins = Object.values(resource.from ?? {}).flat();
    request.setResourcesList([
      ...origins.map((type) => filled(new analyzer.AnalyzerResource(), { type, properties: {} })),
      dependent(filled(new analyzer.AnalyzerResource(), resource), resource),
    ]);
    return violations(
      await asked<analyzer.AnalyzeResponse>((done) => this.client.analyzeStack(request, done)),
    );
  }

  async stop(): Promise<void> {
    this.client.close();
    const ended = once(this.process, "exit");
    this.process.kill("SIGTERM");
    await ended;
  }
}

function failed(child: ChildProcess): Promise<never> {
  return once(child, "exit").then(([code]) => {
    throw new Error(`the policy pack ended with exit code ${String(code)}`);
  });
}

function asked<Answer>(
  ask: (done: (error: ServiceError | null, answer: Answer) => void) => unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    ask((error, answer) => {
      if (error === null) resolve(answer);
      else reject(error);
    });
  });
}

function filled<Request extends analyzer.AnalyzeRequest | analyzer.AnalyzerResource>(
  request: Request,
  { type, name = "it", stack = "prod", properties }: Judged,
): Request {
  request.setType(type);
  request.setUrn(urnOf(type, name, stack));
  request.setName(name);
  request.setProperties(Struct.fromJavaScript(properties));
  const options = new analyzer.AnalyzerResourceOptions();
  options.setCustomtimeouts(new analyzer.AnalyzerResourceOptions.CustomTimeouts());
  request.setOptions(options);
  return request;
}

export function urnOf(type: string, name = "it", stack = "prod"): string {
  return `urn:pulumi:${stack}::test::${type}::${name}`;
}

function dependent(resource: analyzer.AnalyzerResource, { from = {} }: Judged): analyzer.AnalyzerResource {
  for (const [property, types] of Object.entries(from)) {
    const origins = new analyzer.AnalyzerPropertyDependencies();
    origins.setUrnsList(types.map((type) => urnOf(type)));
    resource.getPropertydependenciesMap().set(property, origins);
  }
  return resource;
}

function violations(answer: analyzer.AnalyzeResponse): Violation[] {
  return answer.getDiagnosticsList().map((found) => ({
    policy: found.getPolicyname(),
    message: found.getMessage(),
    mandatory: found.getEnforcementlevel() === analyzer.EnforcementLevel.MANDATORY,
  }));
}
