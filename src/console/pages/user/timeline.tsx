import { Records } from "../../parts/records.tsx";
import { Card } from "../../parts/basics.tsx";
import { useTexts } from "../../state/preferences.ts";

/** What was done for the user, and by whom, the newest first. */
export function Timeline({ userId }: { userId: number }) {
  const t = useTexts();
  return (
    <Card title={t.record.timeline} wide>
      <Records filter={{ user_id: userId }} isOfUser />
    </Card>
  );
}
