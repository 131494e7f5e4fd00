import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { run, output } from "../fleet";
import { checkout } from "../fleet/script";

export interface Server {
  readonly address: string;
  readonly port: number;
  /** Ends it at once; done already is fine. */
  stop(): Promise<void>;
}

/** Where the servers' programs are, got by now if they were not there. */
export async function serverProgram(name: "nginx" | "versitygw"): Promise<string> {
  const command = ["sh", join(checkout, "setup/servers/build.sh")];
  return join(output(command.join(" "), await run(command)), name);
}

export async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a server and waits until it accepts connections. */
export async function startServer(argv: readonly string[], address: string, port: number): Promise<Server> {
  const [command = "", ...args] = argv;
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const closed = once(child, "close");
  // A test process that dies takes its servers with it.
  const kill = (): boolean => child.kill("SIGKILL");
  process.once("exit", kill);
  while (!(await accepts(address, port))) {
    if (child.exitCode !== null) throw new Error(`${command} ended:\n${said}`);
    await delay(20);
  }
  return {
    address,
    port,
    stop: async () => {
      process.off("exit", kill);
      kill();
      await closed;
    },
  };
}

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  const accepted = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return accepted;
}
