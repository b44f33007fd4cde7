import { Command } from "commander";
import { type Envelope, envelopeIn, failureIn } from "../client/failures.ts";
import { Client, inWords } from "./client.ts";
import { urlFor } from "./connection.ts";
import { Failure } from "./failure.ts";
import { example, printerOf } from "./words.ts";

/** What stands behind the service, as `/health/ready` tells it. */
type Parts = Record<string, { ok: boolean; ms: number }>;

function hasParts(answer: Envelope | undefined): answer is Envelope & { data: Parts } {
  const { data } = answer ?? {};
  return typeof data === "object" && data !== null;
}

async function health(command: Command): Promise<void> {
  const client = new Client("admin", { url: urlFor(command), app: "", secret: "" });
  const began = performance.now();
  const heard = await client.send({ method: "GET", path: "/health/ready" });
  const ms = Math.round(performance.now() - began);
  const answer = envelopeIn(heard.text);
  if (!hasParts(answer)) throw inWords(client.place.url, failureIn(heard, answer));
  const rows = [
    { part: "service", ok: true, ms },
    ...Object.entries(answer.data).map(([part, { ok, ms }]) => ({ part, ok, ms })),
  ];
  printerOf(command).rows(
    [
      ["part", ({ part }) => part],
      ["answers", ({ ok }) => (ok ? "yes" : "no")],
      ["ms", ({ ms }) => ms],
    ],
    rows,
    "",
  );
  if (answer.code !== 200) throw new Failure(`${answer.code} ${answer.message}`);
}

/** `warbler health` */
export const healthWord = () =>
  example(
    new Command("health")
      .summary("whether the service and what stands behind it answer")
      .description(
        "Asks whether the service answers, and its databases, its cache and a hub. It needs no token.",
      )
      .action(async (_options: object, command: Command) => await health(command)),
    "warbler health --url https://im.example",
  );
