import type { CompletedPart, S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import type { Readable } from "node:stream";
import type { DeploymentError } from "../errors";
import type { S3Address } from "./cache-url";
import type { CacheCredentials } from "./credentials";
import { explainedBy, type ObjectBody, type ObjectFacts, type ObjectStore } from "./object-store";
import { lost, refused, silent, unreachable } from "./store-error";

type Sdk = typeof import("@aws-sdk/client-s3");

/** Bytes that a single PUT takes: of anything longer S3 wants parts, of which it takes 10,000. */
const putLimit = 5 * 2 ** 30;
const usualPart = 2 ** 29;
const mostParts = 10_000;
/** Seconds for which a server may put parts together without a word, as those do that copy them. */
const joinLimit = 3600;

/** A bucket, asked with Amazon's own client, which is loaded only for this. */
export async function openS3Store(
  address: S3Address,
  credentials: CacheCredentials,
  idleLimit: number,
  largestPut = putLimit,
): Promise<ObjectStore> {
  // It would tell everybody on each run which Node versions its later releases want.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const sdk = await import("@aws-sdk/client-s3");
  const client = (limit: number): S3Client => new sdk.S3Client(configOf(address, credentials, limit));
  return new S3Store(sdk, client(idleLimit), client(joinLimit), address.bucket, idleLimit, largestPut);
}

function configOf(address: S3Address, credentials: CacheCredentials, idleLimit: number): S3ClientConfig {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const own = accessKeyId !== undefined && secretAccessKey !== undefined;
  return {
    region: address.region,
    ...(address.profile !== undefined && { profile: address.profile }),
    // As Nix: a server that is not Amazon's has no name of its own for each bucket.
    ...(address.endpoint !== undefined && { endpoint: address.endpoint, forcePathStyle: true }),
    ...(own && { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } }),
    // Others than Amazon's do not know the sums that it sends by default behind a stream.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    // Asked again by `retrying`, which can open a body anew.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 15_000, requestTimeout: 0, socketTimeout: idleLimit * 1000 },
  };
}

class S3Store implements ObjectStore {
  readonly name: string;

  constructor(
    private readonly sdk: Sdk,
    private readonly client: S3Client,
    private readonly patientClient: S3Client,
    private readonly bucket: string,
    private readonly idleLimit: number,
    private readonly largestPut: number,
  ) {
    this.name = `s3://${bucket}`;
  }

  look(key: string): Promise<ObjectFacts | undefined> {
    return this.unlessAbsent(`looking for ${key}`, async () => {
      const answer = await this.client.send(new this.sdk.HeadObjectCommand(this.at(key)));
      return { size: answer.ContentLength };
    });
  }

  read(key: string): Promise<Readable | undefined> {
    const doing = `reading ${key}`;
    return this.unlessAbsent(doing, async () => {
      const answer = await this.client.send(new this.sdk.GetObjectCommand(this.at(key)));
      // On Node it is one of Node's own streams.
      return explainedBy(answer.Body as Readable, (cause) => this.failure(doing, cause));
    });
  }

  async write(key: string, body: ObjectBody): Promise<void> {
    const doing = `writing ${key}`;
    if (body.size > this.largestPut) return this.explained(doing, () => this.writeInParts(key, body));
    const { size: ContentLength, type: ContentType } = body;
    const whole = { ...this.at(key), ContentLength, ContentType };
    await this.explained(doing, () =>
      closedBehind(body.open(), (Body) =>
        this.client.send(new this.sdk.PutObjectCommand({ ...whole, Body })),
      ),
    );
  }

  private async writeInParts(key: string, body: ObjectBody): Promise<void> {
    const { client, sdk } = this;
    const at = this.at(key);
    const begun = await client.send(new sdk.CreateMultipartUploadCommand({ ...at, ContentType: body.type }));
    const upload = { ...at, UploadId: begun.UploadId };
    try {
      const Parts: CompletedPart[] = [];
      for (const [start, end] of this.partsOf(body.size)) {
        const number = { PartNumber: Parts.length + 1 };
        const part = { ...upload, ...number, ContentLength: end - start };
        const { ETag } = await closedBehind(body.open(start, end), (Body) =>
          client.send(new sdk.UploadPartCommand({ ...part, Body })),
        );
        Parts.push({ ...number, ETag });
      }
      const complete = new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
      await this.patientClient.send(complete);
    } catch (error) {
      // Parts of what is never completed would be kept, and paid for.
      await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => {
        (error as Error).message += `; its parts stay in the bucket, as upload ${upload.UploadId}`;
      });
      throw error;
    }
  }

  private *partsOf(size: number): Generator<[start: number, end: number]> {
    const part = Math.min(this.largestPut, Math.max(usualPart, Math.ceil(size / mostParts)));
    for (let start = 0; start < size; start += part) yield [start, Math.min(size, start + part)];
  }

  close(): void {
    this.client.destroy();
    this.patientClient.destroy();
  }

  private at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: key };
  }

  private async unlessAbsent<T>(doing: string, ask: () => Promise<T>): Promise<T | undefined> {
    return this.explained(doing, async () => {
      try {
        return await ask();
      } catch (error) {
        if (["NoSuchKey", "NotFound"].includes((error as Error).name)) return undefined;
        throw error;
      }
    });
  }

  private async explained<T>(doing: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw this.failure(doing, error as Error);
    }
  }

  /** What S3 answers has a status; anything else never got there, or has no credentials to go with. */
  private failure(doing: string, cause: Error): DeploymentError {
    const happened = `${cause.name}: ${cause.message}`;
    if (cause.name === "TimeoutError") return silent(doing, this.name, this.idleLimit);
    if (cause.name === "CredentialsProviderError")
      return refused(doing, this.name, happened, { status: 401, cause });
    const status = cause instanceof this.sdk.S3ServiceException ? cause.$metadata.httpStatusCode : undefined;
    if (status === undefined) return lost(doing, this.name, cause);
    if (status >= 500 || status === 429) return unreachable(doing, this.name, happened, cause);
    // 400 is what it says of credentials that it cannot even read.
    return refused(doing, this.name, happened, { status: status === 400 ? 401 : status, cause });
  }
}

/** The client reads a body, and leaves it open when that fails. */
async function closedBehind<Body extends Readable, T>(
  body: Body,
  send: (body: Body) => Promise<T>,
): Promise<T> {
  try {
    return await send(body);
  } finally {
    body.destroy();
  }
}
