// What the alerts may be about, and which of it the reader chooses.

import { bring, button, el } from './dom.js';

/** @typedef {{ slug: string, name: string }} Topic */

/** A word as the service compares topics (push/rules.py): "Climate & Energy" is climate-energy. @param {string} label */
const slug = (label) =>
  label.normalize('NFKC').toLowerCase().replace(/[^\p{L}\p{N}\p{M}]+/gu, '-').replace(/^-|-$/g, '');

export class Topics {
  /**
   * @param {import('./words.js').Words} w
   * @param {import('./push.js').Push} push
   * @param {string[]} named by the element; `*` stands for all that the site has
   */
  constructor(w, push, named) {
    this.w = w;
    this.T = w.alerts;
    this.push = push;
    this.learnt = false;
    this.every = named.includes('*');
    this.named = named;
    /** @type {Map<string, Topic>} */
    this.known = new Map();
    /** @type {import('./peace.js').Peace | null} */
    this.peace = null;
    /** @type {Topic[]} */
    this.all = named.filter((topic) => topic !== '*').map((name) => ({ slug: slug(name), name: spelt(name) }));
  }

  /** Their names as the newsroom writes them; without an answer soon, as the element does. */
  async #learn() {
    if (this.named.length < 2 && !this.every) return;
    const late = new Promise((done) => setTimeout(done, 3_000));
    const config = await Promise.race([this.push.config(), late]).catch(() => undefined);
    const { topics = [] } = config ?? {};
    const known = (this.known = new Map(topics.map((/** @type {Topic} */ topic) => [topic.slug, topic])));
    this.all = this.every ? [...known.values()] : this.all.map((topic) => known.get(topic.slug) ?? topic);
    this.all.sort((a, b) => a.name.localeCompare(b.name, this.w.lang));
  }

  /** The checkboxes, where there is something to choose. @returns {Promise<HTMLElement[]>} */
  async offer() {
    await this.#learn();
    if (this.all.length < 2) return [];
    const { kept, alone } = this.push;
    const some = alone || (kept?.wanted && kept.topics.length && !kept.topics.includes('*'));
    const mine = new Set(some ? kept?.topics : this.all.map((topic) => topic.slug));
    const boxes = this.all.map(({ slug, name }) =>
      el(
        'label',
        { class: 'topic' },
        el('input', { type: 'checkbox', name: 'topic', value: slug, checked: mine.has(slug) }),
        el('span', {}, name),
      ),
    );
    const none = el('p', { class: 'fault', id: 'none', hidden: true, role: 'alert' }, this.T.chooseOne);
    const list = el(
      'fieldset',
      { class: 'topics', part: 'topics', 'aria-describedby': 'none', onchange: () => (none.hidden = true) },
      el('legend', {}, this.T.topicsWhich),
      el('div', {}, ...boxes),
    );
    return [list, none];
  }

  /**
   * What is ticked; undefined, and said, where nothing is: none would mean all.
   * @param {Element | undefined} form
   * @returns {string[] | undefined}
   */
  picked(form) {
    const boxes = [...(form?.querySelectorAll('[name=topic]') ?? [])].filter((box) => box instanceof HTMLInputElement);
    if (!boxes.length) return this.push.options.topics;
    const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
    if (!ticked.length) {
      /** @type {HTMLElement} */ (form?.querySelector('.fault')).hidden = false;
      boxes[0].focus();
      return undefined;
    }
    // All of the site's, those to come included.
    return this.every && ticked.length === boxes.length ? [] : ticked;
  }

  /** The chosen topics' names as a sentence has them; nothing where it is all that is offered. */
  chosen() {
    const mine = this.push.kept?.topics ?? [];
    const names = this.all.filter((topic) => mine.includes(topic.slug)).map((topic) => topic.name);
    if (!names.length || names.length === this.all.length) return '';
    const list = new Intl.ListFormat(this.w.lang, { type: 'conjunction' });
    if (this.w.dir === 'ltr') return list.format(names);
    // Names that run the other way (UAX #9): each for itself, and the list as the sentence.
    return `\u200f${list.format(names.map((name) => `\u2068${name}\u2069`))}`;
  }

  /** @param {string} slug its name as the newsroom writes it, where that is known */
  name = (slug) => this.known.get(slug)?.name ?? spelt(slug);

  /**
   * What changes the choices later.
   * @param {() => void} changed
   * @returns {HTMLElement[]}
   */
  changer(changed) {
    // What there is to choose from, and what the chosen ones are called.
    if (!this.learnt && (this.every || this.push.kept?.topics.length)) {
      this.learnt = true;
      this.#learn().then(changed);
    }
    const open = button('settings', this.T.settings, () => {
      const shown = open.getAttribute('aria-expanded') === 'true';
      open.setAttribute('aria-expanded', String(!shown));
      form.hidden = shown;
      if (!shown) this.#fill(form, save, said);
    }, { class: 'plain', 'aria-expanded': 'false' });
    const said = el('span', { role: 'status' });
    const save = el('button', { type: 'submit', name: 'save', class: 'send', part: 'button' }, this.T.save);
    const form = el('form', { class: 'changer', hidden: true }, said);
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#save(form, save, said).then((saved) => {
        if (!saved) return;
        open.click();
        open.focus();
        changed();
      });
    };
    return [open, form];
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} save
   * @param {HTMLElement} said
   */
  async #fill(form, save, said) {
    save.ariaBusy = 'true';
    const bar = el('div', { class: 'bar' }, save, said);
    form.replaceChildren(bar);
    said.textContent = this.T.loading;
    const [topics, peace] = await Promise.all([this.offer(), this.#peace()]);
    this.peace = peace;
    form.replaceChildren(...topics, ...(peace ? peace.fields(topics.length > 0) : []), bar);
    said.textContent = peace ? '' : this.T.notLoaded;
    save.ariaBusy = null;
    save.hidden = !peace && !topics.length;
  }

  /** How many and when: few readers ask for it. @returns {Promise<import('./peace.js').Peace | null>} */
  async #peace() {
    try {
      const [{ Peace }, choices] = await Promise.all([bring('peace'), this.push.choices()]);
      return new Peace(this.w, this.push, choices, this.name);
    } catch (error) {
      console.warn('<article-alerts>', error);
      return null;
    }
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} save
   * @param {HTMLElement} said
   */
  async #save(form, save, said) {
    if (save.ariaBusy) return false;
    // Where nothing is to be ticked, or nothing but stories is followed, topics may stay as they are.
    const leave = !form.querySelector(this.push.alone ? '[name=topic]:checked' : '[name=topic]');
    const topics = leave ? this.peace?.everything(form) : this.picked(form);
    if (!topics && !leave) return false;
    save.ariaBusy = 'true';
    said.textContent = '';
    try {
      await this.push.choose(topics, this.peace?.picked(form));
      return true;
    } catch (error) {
      console.warn('<article-alerts>', error);
      said.textContent = this.T.notSaved;
      return false;
    } finally {
      save.ariaBusy = null;
    }
  }
}

/** @param {string} topic a slug as it reads best, until the newsroom's own name is known */
const spelt = (topic) => topic.charAt(0).toUpperCase() + topic.slice(1).replaceAll('-', ' ');
