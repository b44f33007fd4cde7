import { z } from "zod";
import { Feedback, MAX_FEEDBACK } from "../domain/feedback.ts";
import { rows } from "../domain/fields.ts";
import { Refusal } from "../domain/reasons.ts";
import { shownFlag, shownText } from "../domain/shown.ts";
import { checkRow } from "../domain/validation.ts";
import { operation } from "../http/operation.ts";
import { takeFeedback } from "../services/feedback.ts";

/** What who sends pushes tells of them. */
export const feedback = [
  operation({
    id: "pushFeedback",
    summary: "Say what providers made of pushes: dead push tokens are released, refused ones held back",
    tag: "push",
    methods: ["POST"],
    path: "/admin/push/feedback",
    caller: "admin",
    scope: "push",
    from: "json",
    params: z.object({ list: rows(Feedback, MAX_FEEDBACK) }),
    data: z.array(
      z.object({
        binding_id: shownText("what the report named", "rs.1.0f8fad5bd9cb469fa16570867728950e"),
        released: shownFlag("this report released the push token", false),
      }),
    ),
    async handle(scope, input) {
      const list = input.list.map((row, index) => {
        const checked = checkRow(Feedback, row);
        if (checked.ok) return checked.value;
        throw new Refusal("parameter_wrong", `list[${index}]: ${checked.wrong}`);
      });
      return { data: await takeFeedback(scope, list) };
    },
  }),
];
