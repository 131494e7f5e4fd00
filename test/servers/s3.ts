import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, serverProgram, startServer, type Server } from "./program";

export interface S3Server extends Server {
  /** Of a bucket, as Nix writes it. */
  url(bucket: string): string;
  /** Makes a bucket, and says where its objects lie. */
  bucket(name: string): string;
}

// Others' tests look for theirs in every process of the machine.
const own = `${process.pid}-${Date.now().toString(36)}`;
export const s3Credentials = { accessKeyId: `poor-man-${own}`, secretAccessKey: `hunter2-s3-${own}` };

/** A real S3 server, which verifies signatures (version 4) and keeps its objects in folders. */
export async function startS3(address = "127.0.0.1"): Promise<S3Server> {
  const place = mkdtempSync(join(tmpdir(), "pulumi-nix-s3-"));
  const port = await freePort(address);
  const { accessKeyId, secretAccessKey } = s3Credentials;
  const login = ["--access", accessKeyId, "--secret", secretAccessKey];
  const argv = [
    await serverProgram("versitygw"),
    "--port",
    `${address}:${port}`,
    ...login,
    "--quiet",
    "posix",
    place,
  ];
  const server = await startServer(argv, address, port);
  return {
    ...server,
    url: (bucket) => `s3://${bucket}?endpoint=${address}:${port}&scheme=http&region=us-east-1`,
    bucket: (name) => {
      mkdirSync(join(place, name), { recursive: true });
      return join(place, name);
    },
    stop: async () => {
      await server.stop();
      rmSync(place, { recursive: true, force: true });
    },
  };
}
