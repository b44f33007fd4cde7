import type { useTexts } from "../state/preferences.ts";
import { Badge, When } from "./basics.tsx";
import type { Column } from "./table.tsx";

interface Ending {
  until: number | null;
  lifted_at: number | null;
  lifted_by: string | null;
}

/** The columns that say until when a ban was meant, and whether it was lifted. */
export function banEnd(t: ReturnType<typeof useTexts>): Column<Ending>[] {
  return [
    {
      title: t.ban.until,
      cell: ({ until }) => (until === null ? t.ban.forever : <When at={until} />),
    },
    {
      title: t.ban.lifted,
      cell: ({ lifted_at, lifted_by }) =>
        lifted_at === null ? (
          <Badge tone="bad">{t.ban.inForce}</Badge>
        ) : (
          <>
            <When at={lifted_at} /> · {lifted_by}
          </>
        ),
    },
  ];
}
