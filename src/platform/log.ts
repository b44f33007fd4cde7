import { placeIn } from "../domain/stack.ts";
import type { Trips } from "../store/database.ts";

/** The log line of a request: who did what for whom, with what result and at what cost. Never a body, token or password. */
export interface RequestLine {
  request_id: string;
  operation: string;
  app: string | undefined;
  caller: string;
  subject: number | undefined;
  status: number;
  code: number;
  ms: number;
  trips: Trips;
  /** The class of an error that is none of ours; its message may hold parameters and is not logged. */
  fault?: string;
  /** Where in our own code it arose. */
  at?: string;
}

/** Writes a line of the log as JSON. */
export function logRequest(line: RequestLine): void {
  console.log(JSON.stringify(line));
}

/** The class of an error, and the place it arose at: the two things of it that carry no value of a parameter. */
export function faultOf(error: unknown): { fault: string; at?: string } {
  if (!(error instanceof Error)) return { fault: typeof error };
  const fault = error.cause instanceof Error ? `${error.name} < ${error.cause.name}` : error.name;
  const sender: unknown = error.name === "DatabaseFault" ? Reflect.get(error, "at") : undefined;
  const at = typeof sender === "string" ? sender : placeIn(error.stack);
  return at === undefined ? { fault } : { fault, at };
}

/** Reports work after an answer that failed. */
export function reportFailure(requestId: string, error: unknown): void {
  console.error(JSON.stringify({ request_id: requestId, background: true, ...faultOf(error) }));
}
