/* Stimulus controllers of wagtail_m365; Wagtail brings Stimulus, nothing is built. */

(() => {
  const { Controller } = window.StimulusModule;

  /**
   * Shows its element only while a field of the same form has one value.
   * Without JavaScript everything is shown, and the server checks what counts.
   */
  class WhenController extends Controller {
    static values = { field: String, is: String };

    connect() {
      this.form = this.element.closest("form");
      this.update = this.update.bind(this);
      this.form?.addEventListener("change", this.update);
      this.update();
    }

    disconnect() {
      this.form?.removeEventListener("change", this.update);
    }

    update() {
      const field = this.form?.elements.namedItem(this.fieldValue);
      if (field) this.element.hidden = field.value !== this.isValue;
    }
  }

  window.wagtail.app.register("m365-when", WhenController);
})();
