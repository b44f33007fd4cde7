import type { Refused } from "../reasons.ts";
import { type FactKey, type Values, factIn, facts } from "./facts.ts";

/** What a gate says for staff of what it has decided. Instants in ms. */
export interface Told {
  /** What it was decided on, and what that names. */
  fact: FactKey;
  values?: Values;
  /** Since when that is so. */
  since?: number | null | undefined;
  /** Who has made it so, as records name an actor. */
  by?: string | undefined;
  /** When time alone lifts what stands in the way. */
  lifts_at?: number | null | undefined;
}

/**
 * One thing that may stand in the way of a call, a sign-in, a connection or a push. Whoever lets somebody in stops at the
 * first gate that does; whoever explains it asks all of them, by the same facts.
 */
export interface Gate<Facts, Stop = Refused> {
  name: string;
  /** Why it does not let through; undefined where it does. */
  stops(facts: Facts): Stop | undefined;
  /** What it says of its decision. */
  tell(facts: Facts, isStopped: boolean): Told;
}

/** What stands in the way first, by these gates in their order; undefined where nothing does. */
export function firstStop<Facts, Stop>(gates: readonly Gate<Facts, Stop>[], facts: Facts): Stop | undefined {
  for (const gate of gates) {
    const stop = gate.stops(facts);
    if (stop !== undefined) return stop;
  }
  return undefined;
}

/**
 * What a gate has said, in English and, for other languages, as a key with what it names; `passed` is null where it was not asked, as
 * there is nothing to ask it of.
 */
export interface GateView {
  gate: string;
  passed: boolean | null;
  fact: string;
  fact_key: FactKey;
  values: Values;
  since: number | null;
  by: string | null;
  lifts_at: number | null;
  remedy: string;
}

/** The same with what the caller hears of it. */
export interface Asked<Stop> {
  view: GateView;
  stop: Stop | undefined;
}

function viewOf(gate: string, passed: boolean | null, told: Told): GateView {
  const { fact: fact_key, values = {}, since = null, by = null, lifts_at = null } = told;
  const { fact, remedy } = factIn(facts, fact_key, values);
  return {
    gate,
    passed,
    fact,
    fact_key,
    values,
    since,
    by,
    lifts_at,
    remedy: passed === false ? remedy : "",
  };
}

/** Asks every one of these gates. */
export function askAll<Facts, Stop>(gates: readonly Gate<Facts, Stop>[], facts: Facts): Asked<Stop>[] {
  return gates.map((gate) => {
    const stop = gate.stops(facts);
    const isStopped = stop !== undefined;
    return { view: viewOf(gate.name, !isStopped, gate.tell(facts, isStopped)), stop };
  });
}

/** The same of gates that cannot be asked, and why. */
export function askNone<Stop>(gates: readonly { name: string }[], fact: FactKey): Asked<Stop>[] {
  return gates.map(({ name }) => ({ view: viewOf(name, null, { fact }), stop: undefined }));
}

/** An instant as facts name it. */
export const instant = (at: number) => new Date(at).toISOString();
