import { expect, test } from 'vitest';
import { describeWithBrowser } from '../../kit/browser/describe-with-browser.ts';
import { PanelUser } from '../kit/panel-user.ts';
import { TestHub } from '../kit/test-hub.ts';

describeWithBrowser('what is to be taken along', (browser) => {
  test.each([
    ['where the browser gives the clipboard to the page', false],
    ['where it does not, as over plain HTTP', true],
  ])('is copied %s, in a dialog too', async (_name, isDenied) => {
    await using hub = await TestHub.start();
    const admin = await PanelUser.setUp(hub);
    const { id } = await hub.createWorkspace({ name: 'Harbour' });
    await using view = await browser().open(hub.url, { cookies: admin.cookies });
    const { page } = view;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    if (isDenied) await page.addInitScript('delete Navigator.prototype.clipboard');
    await page.goto(`/workspaces?instructions=${id}`);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Copy the location ID' }).click();
    await dialog.getByRole('button', { name: 'Copied' }).waitFor();
    await page.goto('/workspaces');
    const field = page.getByLabel('Find a workspace');
    await field.click();
    await page.keyboard.press('ControlOrMeta+V');
    expect(await field.inputValue()).toBe(id);
  });
});
