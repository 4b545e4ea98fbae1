// What the pages of administration share: loading, forms in dialogs, secrets that are shown once.

import { button, el } from '../../widgets/dom.js';

/** @typedef {import('../types.js').Session} Session */
/** @typedef {{ session: Session, signal: AbortSignal, site?: string }} Given */

/** @param {unknown} error */
export const said = (error) => (error instanceof Error ? error.message : String(error));

/** @type {WeakMap<HTMLElement, object>} the load that each root waits for; earlier ones are late */
const turns = new WeakMap();

/** @type {WeakMap<Element, Element | null>} what had the focus when a dialog was opened, or stands in its place */
const openers = new WeakMap();

/**
 * Shows what `load` promises, or what went wrong and a button that tries again. What had the focus
 * has it afterwards, or what stands in its place.
 * @template T
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} load
 * @param {(found: T) => Node[]} render
 */
export async function loaded(root, signal, load, render) {
  const turn = {};
  turns.set(root, turn);
  const late = () => signal.aborted || turns.get(root) !== turn;
  if (!root.childElementCount) root.replaceChildren(el('p', { class: 'loading' }, 'Loading …'));
  try {
    const found = await load();
    if (late()) return;
    const dialog = document.activeElement?.closest('dialog');
    const held = dialog ? openers.get(dialog) : document.activeElement;
    const at = [...root.querySelectorAll('button')].findIndex((one) => one === held);
    root.replaceChildren(...render(found));
    const buttons = root.querySelectorAll('button');
    const next = at < 0 ? undefined : buttons[Math.min(at, buttons.length - 1)];
    if (next && dialog) openers.set(dialog, next);
    else next?.focus();
  } catch (error) {
    if (late()) return;
    const again = button('retry', 'Try again', () => loaded(root, signal, load, render), { class: 'link' });
    root.replaceChildren(el('p', { class: 'alert', role: 'alert' }, said(error), ' ', again));
  }
}

/**
 * @param {string} text
 * @param {HTMLElement} input
 * @param {string} [hint]
 */
export function field(text, input, hint) {
  return el('label', { class: 'field' }, el('span', {}, text), input, hint && el('small', {}, hint));
}

/**
 * @param {string} name
 * @param {string} text
 * @param {boolean} checked
 * @param {Record<string, unknown>} [more]
 */
export function tick(name, text, checked, more) {
  return el('label', { class: 'tick' }, el('input', { type: 'checkbox', name, value: text, checked, ...more }), el('span', {}, text));
}

/**
 * A secret that can't be read again, to be copied.
 * @param {string} text what it is
 * @param {string} value
 * @param {string} note
 */
export function secret(text, value, note) {
  const shown = el('input', { readonly: true, name: 'secret', value, class: 'secret', spellcheck: 'false', onfocus: () => shown.select() });
  const state = el('span', { role: 'status' });
  const copy = button(
    'copy',
    'Copy',
    async () => {
      shown.select();
      const copied = await navigator.clipboard?.writeText(value).then(() => true, () => false);
      state.textContent = copied ? 'Copied.' : 'Selected; copy it with your keyboard.';
    },
    { class: 'act' },
  );
  return el('div', { class: 'made' }, field(text, shown), el('div', { class: 'made-do' }, copy, state), el('p', { class: 'quiet' }, note));
}

/**
 * What of a form differs from what it showed first: what others changed meanwhile stays as it is.
 * @param {Record<string, unknown>} first
 * @param {Record<string, unknown>} now
 */
export function changes(first, now) {
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(first[name])));
}

/**
 * A form in a dialog. `work` may answer what is shown in the form's place; else the dialog closes.
 * @param {string} title
 * @param {Node[]} fields
 * @param {string} verb
 * @param {(form: HTMLFormElement) => Promise<Node | void>} work
 * @param {Node[]} [beside] what else the dialog offers
 * @returns {Promise<boolean>} whether the work was done
 */
export function ask(title, fields, verb, work, beside = []) {
  return new Promise((done) => {
    let worked = false;
    const alert = el('p', { class: 'alert', role: 'alert', hidden: true });
    const submit = el('button', { type: 'submit', class: 'act publish' }, verb);
    const cancel = button('cancel', 'Cancel', () => dialog.close(), { class: 'act' });
    const form = el('form', { class: 'ask' }, ...fields, alert, el('div', { class: 'ask-do' }, submit, cancel));
    const heading = el('h2', { id: 'ask-title' }, title);
    const dialog = el('dialog', { class: 'help asking', 'aria-labelledby': 'ask-title' }, heading, form, ...beside);
    form.onsubmit = async (event) => {
      event.preventDefault();
      submit.disabled = cancel.disabled = true;
      try {
        const shown = await work(form);
        worked = true;
        if (!shown) return dialog.close();
        dialog.replaceChildren(heading, shown, button('close', 'Done', () => dialog.close(), { class: 'act publish' }));
        dialog.querySelector('input')?.focus();
      } catch (error) {
        alert.textContent = said(error);
        alert.hidden = false;
      } finally {
        submit.disabled = cancel.disabled = false;
      }
    };
    // What is being done is done all the same, and a secret would be seen by nobody.
    dialog.addEventListener('cancel', (event) => submit.disabled && event.preventDefault());
    openers.set(dialog, document.activeElement);
    dialog.onclose = () => {
      dialog.remove();
      // The browser gives the focus back to what opened it, unless the page was shown anew meanwhile.
      if (document.activeElement === document.body) /** @type {HTMLElement | null | undefined} */ (openers.get(dialog))?.focus();
      done(worked);
    };
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * Shows a secret in a dialog of its own.
 * @param {string} title
 * @param {Node} shown
 */
export function tell(title, shown) {
  return new Promise((done) => {
    const dialog = el('dialog', { class: 'help asking', 'aria-labelledby': 'tell-title' }, el('h2', { id: 'tell-title' }, title), shown, button('close', 'Done', () => dialog.close(), { class: 'act publish' }));
    dialog.onclose = () => {
      dialog.remove();
      done(undefined);
    };
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector('input')?.focus();
  });
}

/**
 * Runs what a button does; what goes wrong is said at `alert`.
 * @param {HTMLElement} alert
 * @param {() => Promise<unknown>} work
 */
export async function doing(alert, work) {
  alert.hidden = true;
  try {
    await work();
  } catch (error) {
    alert.textContent = said(error);
    alert.hidden = false;
    alert.scrollIntoView({ block: 'nearest' });
  }
}

export const alertBox = () => el('p', { class: 'alert', role: 'alert', hidden: true });

/**
 * The head of a page.
 * @param {string} title
 * @param {string} about
 * @param {...(Node | false | undefined)} more
 */
export function head(title, about, ...more) {
  return el('header', { class: 'accounts-top' }, el('div', {}, el('h2', {}, title), el('p', { class: 'quiet' }, about)), ...more);
}

/**
 * All pages of a list.
 * @param {(cursor: string) => Promise<{ items: any[], next_cursor: string | null }>} page
 */
export async function everyPage(page) {
  const items = [];
  let cursor = '';
  do {
    const found = await page(cursor);
    items.push(...found.items);
    cursor = found.next_cursor ?? '';
  } while (cursor);
  return items;
}
