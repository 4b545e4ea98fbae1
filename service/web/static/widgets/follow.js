// "Follow this story": alerts about one article, beside the others or alone.

import { ApiError } from './api.js';
import { button } from './dom.js';

const MOST = 200; // that the service keeps; the earliest give way

export class Follow {
  /**
   * @param {import('./words.js').Words} w
   * @param {import('./push.js').Push} push
   * @param {string} article its key
   * @param {(fault?: string) => Promise<void>} done
   */
  constructor(w, push, article, done) {
    this.T = w.alerts;
    this.push = push;
    this.article = article;
    this.done = done;
  }

  get follows() {
    return Boolean(this.push.kept?.wanted && this.push.kept.articles?.includes(this.article));
  }

  /** @param {boolean} on whether alerts are on */
  button(on) {
    const change = button('follow', on && this.follows ? this.T.unfollow : this.T.follow, async () => {
      if (change.ariaBusy) return;
      change.ariaBusy = 'true';
      const fault = await this.#change(on).then(() => undefined, (error) => this.#why(error));
      change.ariaBusy = null;
      await this.done(fault);
    }, { class: 'plain' });
    return change;
  }

  /** @param {boolean} on @returns {Promise<unknown>} */
  async #change(on) {
    const { push, article } = this;
    if (!on) {
      // In the click itself: browsers open the prompt for nothing else.
      const permission = await Notification.requestPermission();
      if (permission !== 'granted') return undefined;
      return push.on([], [article]);
    }
    const { articles, topics } = await push.choices();
    const others = articles.filter((key) => key !== article);
    if (!this.follows) return push.choose(undefined, { articles: [...others, article].slice(-MOST) });
    if (!topics.length && !others.length && articles.length) return push.off(); // nothing would be left
    return push.choose(undefined, { articles: others });
  }

  /** @param {unknown} error */
  #why(error) {
    console.warn('<article-alerts>', error);
    if (error instanceof ApiError && error.status === 422) return this.T.notFollowed;
    return !navigator.onLine || (error instanceof ApiError && !error.status) ? this.T.offline : this.T.notSaved;
  }
}
