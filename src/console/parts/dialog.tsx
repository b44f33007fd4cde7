import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { useTexts } from "../state/preferences.ts";
import { Button, Form } from "./basics.tsx";

/**
 * Asks before something is done. It holds the focus until it is closed, which Escape does too, and then gives it back to where
 * it was.
 */
export function Dialog({
  title,
  onClose,
  onSubmit,
  submit,
  look = "main",
  isBusy = false,
  children,
}: {
  title: string;
  onClose: () => void;
  onSubmit: () => void;
  submit: string;
  look?: "main" | "danger";
  isBusy?: boolean;
  children?: ComponentChildren;
}) {
  const t = useTexts();
  const id = useId();
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={box} aria-labelledby={id} onClose={onClose}>
      <Form
        onSubmit={() => {
          if (!isBusy) onSubmit();
        }}
      >
        <h2 id={id}>{title}</h2>
        {children}
        <footer>
          <Button look="quiet" onPress={() => box.current?.close()}>
            {t.common.cancel}
          </Button>
          <Button type="submit" look={look} isBusy={isBusy}>
            {submit}
          </Button>
        </footer>
      </Form>
    </dialog>
  );
}
