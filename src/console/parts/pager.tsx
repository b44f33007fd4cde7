import { useState } from "preact/hooks";
import { useTexts } from "../state/preferences.ts";
import { Button } from "./basics.tsx";

/** Where in a list one is: the cursors of the pages before, the last one first. */
export interface Paging {
  cursor: string | undefined;
  number: number;
  isFirst: boolean;
  next: (cursor: string) => void;
  back: () => void;
}

/** Goes through a list page by page. It begins anew when `of`, what is listed, changes. */
export function usePaging(of: string): Paging {
  const [state, setState] = useState<{ of: string; way: string[] }>({ of, way: [] });
  const way = state.of === of ? state.way : [];
  return {
    cursor: way.at(-1),
    number: way.length + 1,
    isFirst: way.length === 0,
    next: (cursor) => setState({ of, way: [...way, cursor] }),
    back: () => setState({ of, way: way.slice(0, -1) }),
  };
}

/** The two ways on from a page of a list, which `of` names; nothing where the list is one page. */
export function Pager({ of, paging, cursor }: { of: string; paging: Paging; cursor: string | undefined }) {
  const t = useTexts();
  if (paging.isFirst && cursor === undefined) return null;
  return (
    <nav class="pager" aria-label={`${t.common.pages}: ${of}`}>
      {!paging.isFirst && <Button onPress={paging.back}>{t.common.before}</Button>}
      <span>{t.common.page(paging.number)}</span>
      {cursor !== undefined && <Button onPress={() => paging.next(cursor)}>{t.common.next}</Button>}
    </nav>
  );
}
