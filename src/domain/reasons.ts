/**
 * Every refusal the service knows: its wire code, the HTTP status it carries where `ERROR_STATUS` is "http", and the
 * sentence a caller reads when the place that refuses has nothing more exact to say.
 */
export const reasons = {
  token_expired: { code: 402, status: 401, message: "the access token's life is over: sign in again" },
  user_unknown: { code: 10000, status: 404, message: "the user does not exist" },
  parameter_wrong: { code: 10002, status: 400, message: "a parameter is wrong" },
  token_missing: { code: 10003, status: 401, message: "access-token is required" },
  username_taken: { code: 10004, status: 409, message: "username is taken: choose another" },
  name_taken: { code: 10004, status: 409, message: "name is taken: an admin token in force has it" },
  app_taken: { code: 10004, status: 409, message: "app_id is taken: choose another" },
  token_invalid: { code: 10008, status: 401, message: "the access token is invalid: sign in for a new one" },
  forbidden: { code: 10010, status: 403, message: "no permission" },
  mobile_taken: { code: 10015, status: 409, message: "mobile belongs to another user" },
  email_taken: { code: 10015, status: 409, message: "email belongs to another user" },
  too_many_failures: { code: 10028, status: 429, message: "too many failures: wait before the next try" },
  user_disabled: { code: 10029, status: 403, message: "the user is disabled" },
  device_unknown: { code: 10030, status: 404, message: "the device does not exist" },
  too_many_devices: {
    code: 10031,
    status: 409,
    message: "too many devices are signed in: sign one out first",
  },
  credentials_wrong: { code: 11001, status: 401, message: "Operation rejected: wrong name or password" },
  group_unknown: { code: 20001, status: 404, message: "the group does not exist" },
  app_unknown: { code: 40000, status: 404, message: "the app does not exist" },
  registration_closed: { code: 40001, status: 403, message: "registration is closed for this app" },
  app_suspended: { code: 40003, status: 403, message: "the app is suspended" },
} as const satisfies Record<string, { code: number; status: number; message: string }>;

/** The name of a refusal. */
export type Reason = keyof typeof reasons;

/** True for the name of a refusal. */
export const isReason = (name: string): name is Reason => Object.hasOwn(reasons, name);

/**
 * A refusal on its way to the caller. It names a reason and may say more exactly what to do about it; `retryAfter` is in
 * whole seconds. It does not cross a Durable Object call: there, outcomes are values.
 */
export class Refusal extends Error {
  readonly reason: Reason;
  readonly retryAfter: number | undefined;

  constructor(reason: Reason, message: string = reasons[reason].message, retryAfter?: number) {
    super(message);
    this.name = "Refusal";
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

/** A refusal as a value: what a hub answers, and what a row of a batch fails with. */
export interface Refused {
  ok: false;
  reason: Reason;
  message?: string;
  /** Whole seconds. */
  retryAfter?: number;
}

/** Turns a hub's refusal into the error the HTTP side answers with. */
export function refusal(refused: Refused): Refusal {
  return new Refusal(refused.reason, refused.message, refused.retryAfter);
}

/** A refusal as the value that it was or is to be. */
export function refusedBy({ reason, message, retryAfter }: Refusal): Refused {
  return { ok: false, reason, message, ...(retryAfter === undefined ? {} : { retryAfter }) };
}

/** More than may be is asked for at once, or too often: HTTP 429. `retryAfter` is in whole seconds; the message is for the caller. */
export class TooMany extends Error {
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super(message);
    this.name = "TooMany";
    this.retryAfter = retryAfter;
  }
}
