import { and, eq, sql } from "drizzle-orm";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { AFTERLIFE, hashToken } from "../domain/tokens.ts";
import type { Builder, Database, Trips } from "./database.ts";
import { type Slots, preparedWrite } from "./prepared.ts";
import { tokens, users } from "./schema.ts";
import { sweepSlice } from "./slice.ts";

/** What never changes of a user's token. */
export interface TokenClaims {
  app_id: string;
  user_id: number;
  session_id: string;
  /** ms since 1970. */
  expires_at: number;
}

const Claims = z.object({
  app_id: z.string(),
  user_id: z.int(),
  session_id: z.string(),
  expires_at: z.int(),
});

/**
 * Claims this isolate has seen, by the token itself: hashing it takes longer than all else that a known token needs. They
 * never change, so an old entry is as good as a new one.
 */
const seen = new LRUCache<string, TokenClaims>({ max: 10_000 });

const keyOf = (hash: string) => `token:${hash}`;

async function cacheClaims(kv: KVNamespace, hash: string, claims: TokenClaims): Promise<void> {
  const expiration = Math.ceil(Math.max(claims.expires_at + AFTERLIFE, Date.now() + 120_000) / 1000);
  await kv.put(keyOf(hash), JSON.stringify(claims), { expiration });
}

/** Where claims are looked for. */
export interface ClaimsSource {
  env: { TOKENS: KVNamespace };
  /** Where a token may stand: in one database, or in none there is. */
  placeOf(token: string): Promise<Database | undefined>;
  trips: Trips;
  /** Lets work go on after the answer. */
  background(work: Promise<unknown>): void;
}

/**
 * What a token says, from the isolate's memory, else KV, else D1. Only D1 can say that there is no such token: KV may
 * still remember a miss. Whether the token is good is for its user's hub to say. `admitStranger` comes before D1 is asked, as
 * anyone can make a token up; it throws where there are to be no more of them.
 */
export async function findClaims(
  source: ClaimsSource,
  token: string,
  admitStranger: () => Promise<void>,
): Promise<TokenClaims | undefined> {
  const known = seen.get(token);
  if (known) return known;
  const hash = hashToken(token);
  source.trips.kv++;
  const cached = Claims.safeParse(await source.env.TOKENS.get(keyOf(hash), { type: "json", cacheTtl: 3600 }));
  if (cached.success) {
    seen.set(token, cached.data);
    return cached.data;
  }
  await admitStranger();
  const stored = await readClaims(await source.placeOf(token), hash);
  if (stored === undefined) return undefined;
  seen.set(token, stored);
  source.background(cacheClaims(source.env.TOKENS, hash, stored));
  return stored;
}

/** The same for who only asks: nothing is remembered of it. `db` is the one place where a token of the app may stand. */
export async function peekClaims(
  { env, trips }: Pick<ClaimsSource, "env" | "trips">,
  db: Database,
  token: string,
): Promise<TokenClaims | undefined> {
  const known = seen.get(token, { updateAgeOnGet: false });
  if (known) return known;
  const hash = hashToken(token);
  trips.kv++;
  const cached = Claims.safeParse(await env.TOKENS.get(keyOf(hash), { type: "json" }));
  return cached.success ? cached.data : await readClaims(db, hash);
}

async function readClaims(db: Database | undefined, hash: string): Promise<TokenClaims | undefined> {
  if (!db) return undefined;
  const [found] = await db.run(
    db.query
      .select({
        app_id: tokens.app_id,
        user_id: tokens.user_id,
        session_id: tokens.session_id,
        expires_at: tokens.expires_at,
      })
      .from(tokens)
      .where(eq(tokens.hash, hash)),
  );
  return found;
}

/** The statement that keeps a new token. It writes nothing where the user is gone; it returns the hash where it wrote. */
export const insertToken = (db: Database, hash: string, claims: TokenClaims, now: number) =>
  inserting(db, { ...claims, hash, now });

const inserting = preparedWrite(insertingRow);

function insertingRow(query: Builder, given: Slots<TokenClaims & { hash: string; now: number }>) {
  const row = query
    .select({
      hash: sql<string>`${given.of("hash")}`.as("hash"),
      app_id: users.app_id,
      user_id: users.id,
      session_id: sql<string>`${given.of("session_id")}`.as("session_id"),
      expires_at: sql<number>`${given.of("expires_at")}`.as("expires_at"),
      created_at: sql<number>`${given.of("now")}`.as("created_at"),
    })
    .from(users)
    .where(and(eq(users.app_id, given.of("app_id")), eq(users.id, given.of("user_id"))));
  return query.insert(tokens).select(row).returning({ hash: tokens.hash });
}

/** Remembers a token just issued, here and in KV. */
export function rememberClaims(
  kv: KVNamespace,
  later: { background(work: Promise<unknown>): void },
  token: string,
  hash: string,
  claims: TokenClaims,
): void {
  seen.set(token, claims);
  later.background(cacheClaims(kv, hash, claims));
}

/** Forgets a slice of the tokens long past their life; true where there may be more. */
export async function sweepTokens(db: Database, now: number): Promise<boolean> {
  return await sweepSlice(db, tokens, tokens.expires_at, now - AFTERLIFE);
}
