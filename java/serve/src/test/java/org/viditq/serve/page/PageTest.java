package org.viditq.serve.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.ConsoleMessage;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.core.tensor.Tensor;
import org.viditq.quantize.metric.Psnr;
import org.viditq.quantize.metric.Ssim;
import org.viditq.serve.ServerProcess;

/**
 * The page in Chromium. {@code -Dviditq.chromium=FILE} names another than Debian's, {@code
 * -Dviditq.screenshots=FOLDER} keeps what it looks like.
 */
@Tag("slow")
class PageTest {
  private static final Path CHROMIUM =
      Path.of(System.getProperty("viditq.chromium", "/usr/bin/chromium"));
  private static final String KEY = "a-key-of-the-test";
  private static final double PATIENCE_MILLISECONDS = 120_000;

  @TempDir private static Path folder;
  private static ServerProcess server;
  private static Playwright playwright;
  private static Browser browser;

  private BrowserContext context;
  private final List<String> requests = new ArrayList<>();
  private final List<String> complaints = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    assertThat(CHROMIUM)
        .as("a Chromium: apt-get install chromium, or -Dviditq.chromium=FILE")
        .isExecutable();
    server = ServerProcess.start(folder, "pixart-mini", "--plan", "w4a8-dynamic,w8a8");
    playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(CHROMIUM)
                    // Build machines run as root, where its sandbox refuses to.
                    .setArgs(List.of("--no-sandbox", "--disable-gpu")));
  }

  @AfterAll
  static void stop() throws Exception {
    if (playwright != null) {
      playwright.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private Page open(String address, Browser.NewContextOptions options) {
    context = browser.newContext(options);
    context.setDefaultTimeout(PATIENCE_MILLISECONDS);
    Page page = context.newPage();
    page.onRequest(request -> requests.add(request.url()));
    page.onConsoleMessage(this::listen);
    page.onPageError(complaints::add);
    page.navigate(address + "/");
    return page;
  }

  private void listen(ConsoleMessage message) {
    if (message.type().equals("error")) {
      complaints.add(message.text());
    }
  }

  private Page open(Browser.NewContextOptions options) {
    Page page = open(server.address(), options);
    await(page, "document.getElementById('plan').options.length === 3");
    return page;
  }

  @AfterEach
  void close() {
    if (context != null) {
      context.close();
    }
  }

  private static void ask(Page page, String prompt, String steps, String seed) {
    page.getByLabel("Prompt", new Page.GetByLabelOptions().setExact(true)).fill(prompt);
    page.getByLabel("Steps").fill(steps);
    page.getByLabel("Seed").fill(seed);
  }

  private static void awaitWords(Page page, String words) {
    await(page, "document.getElementById('say').textContent === '" + words + "'");
  }

  /** Playwright's own waiting evaluates in the page, which the page's policy forbids. */
  private static void await(Page page, String expression) {
    double end = System.nanoTime() + PATIENCE_MILLISECONDS * 1e6;
    while (!Boolean.TRUE.equals(page.evaluate(expression))) {
      assertThat((double) System.nanoTime())
          .as(
              "%s; the page says: %s",
              expression, page.evaluate("document.getElementById('say').textContent"))
          .isLessThan(end);
      page.waitForTimeout(50);
    }
  }

  private static void generate(Page page, String seed) {
    page.getByText("Generate", new Page.GetByTextOptions().setExact(true)).click();
    awaitWords(page, "Done, with seed " + seed + ".");
  }

  @Test
  void putsAPlanBesideFullPrecision() throws Exception {
    Page page = open(new Browser.NewContextOptions().setViewportSize(1100, 900));
    page.evaluate(
        "() => { window.shown = 0; new MutationObserver(all => all.forEach(one =>"
            + " one.addedNodes.forEach(node => { if (node.tagName === 'IMG') window.shown++; })))"
            + ".observe(document.getElementById('stage'), {childList: true}); }");
    ask(page, "a red ring on a gray background", "20", "42");

    generate(page, "42");

    assertThat((int) page.evaluate("window.shown"))
        .as("pictures with their previews, three each")
        .isEqualTo(8);
    BufferedImage full = picture(page, "left");
    BufferedImage quantized = picture(page, "right");
    Matcher scores =
        Pattern.compile("PSNR ([0-9.]+) dB, SSIM ([0-9.]+)")
            .matcher(page.locator("#scores").textContent());
    assertThat(scores.matches()).isTrue();
    // Shown with two and four digits.
    assertThat(Double.parseDouble(scores.group(1)))
        .isCloseTo(Psnr.of(planes(full), planes(quantized), 1), within(0.0051));
    assertThat(Double.parseDouble(scores.group(2)))
        .isCloseTo(Ssim.GAUSSIAN.of(planes(full), planes(quantized), 1), within(0.000051));
    Locator rows = page.locator("#times tbody tr");
    assertThat(rows.count()).isEqualTo(2);
    assertThat(rows.nth(0).textContent()).matches("full-precision[0-9.]+ s[0-9]+ ms");
    assertThat(rows.nth(1).textContent()).matches("w4a8-dynamic[0-9.]+ s[0-9]+ ms");
    assertThat(page.locator("#stage .name").allTextContents())
        .containsExactly("full-precision", "w4a8-dynamic");
    screenshot(page, "page.png");
    assertThat(requests).isNotEmpty().allMatch(PageTest::isOfServerOrPage);
    assertThat(complaints).isEmpty();
  }

  private static boolean isOfServerOrPage(String url) {
    return url.startsWith(server.address() + "/") || url.startsWith("data:");
  }

  private static BufferedImage picture(Page page, String side) throws Exception {
    String source = page.locator("#stage img." + side).getAttribute("src");
    byte[] file = Base64.getDecoder().decode(source.substring(source.indexOf(',') + 1));
    return ImageIO.read(new ByteArrayInputStream(file));
  }

  /** [3, H, W], 0 to 1. */
  private static Tensor planes(BufferedImage image) {
    int size = image.getWidth() * image.getHeight();
    float[] values = new float[3 * size];
    for (int i = 0; i < size; i++) {
      int rgb = image.getRGB(i % image.getWidth(), i / image.getWidth());
      values[i] = (rgb >> 16 & 0xff) / 255f;
      values[size + i] = (rgb >> 8 & 0xff) / 255f;
      values[2 * size + i] = (rgb & 0xff) / 255f;
    }
    return Tensor.of(values, 3, image.getHeight(), image.getWidth());
  }

  private static void screenshot(Page page, String name) {
    String to = System.getProperty("viditq.screenshots");
    if (to != null) {
      page.screenshot(new Page.ScreenshotOptions().setPath(Path.of(to, name)));
    }
  }

  @Test
  void worksByKeyboard() {
    Page page = open(new Browser.NewContextOptions());
    page.getByLabel("Prompt", new Page.GetByLabelOptions().setExact(true)).focus();
    page.keyboard().type("a blue cross on a white background");
    page.getByLabel("Steps").fill("2");
    page.getByLabel("Seed").fill("7");
    page.keyboard().press("Control+Enter");
    awaitWords(page, "Done, with seed 7.");

    page.locator("#slider").focus();
    String before = bar(page);
    page.keyboard().press("ArrowRight");
    page.keyboard().press("ArrowRight");
    assertThat(before).isEqualTo("50%");
    assertThat(bar(page)).isEqualTo("52%");

    page.getByLabel("Steps").fill("250");
    page.keyboard().press("Control+Enter");
    await(page, "document.getElementById('say').textContent.includes('step ')");
    page.keyboard().press("Escape");
    awaitWords(page, "Stopped.");
    assertThat(page.locator("#go").isEnabled()).isTrue();

    // Every field is reached by Tab alone.
    page.locator("#prompt").focus();
    List<Object> reached = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      page.keyboard().press("Tab");
      reached.add(page.evaluate("document.activeElement.id"));
    }
    assertThat(reached)
        .startsWith("negative", "width", "height", "steps", "seed", "plan", "compare", "go");
  }

  private static String bar(Page page) {
    return (String)
        page.evaluate("document.getElementById('stage').style.getPropertyValue('--at')");
  }

  @Test
  void theHistoryMakesAPictureAgain() {
    Page page = open(new Browser.NewContextOptions());
    ask(page, "a green disk on a black background", "3", "");
    page.getByText("Generate", new Page.GetByTextOptions().setExact(true)).click();
    await(page, "document.getElementById('say').textContent.startsWith('Done')");
    String seed =
        page.locator("#say").textContent().replaceAll("Done, with seed ([0-9]+)\\.", "$1");
    String first = page.locator("#stage img.right").getAttribute("src");

    page.reload();
    await(page, "document.getElementById('plan').options.length === 3");
    page.locator("#history button").first().click();
    assertThat(page.locator("#prompt").inputValue())
        .isEqualTo("a green disk on a black background");
    assertThat(page.locator("#seed").inputValue()).isEqualTo(seed);
    assertThat(page.locator("#steps").inputValue()).isEqualTo("3");
    generate(page, seed);
    assertThat(page.locator("#stage img.right").getAttribute("src")).isEqualTo(first);
  }

  @Test
  void fitsAPhoneInTheDark() {
    Page page =
        open(
            new Browser.NewContextOptions()
                .setViewportSize(360, 740)
                .setDeviceScaleFactor(2)
                .setHasTouch(true)
                .setIsMobile(true)
                .setColorScheme(ColorScheme.DARK));
    ask(page, "a red ring on a gray background", "2", "42");
    generate(page, "42");
    assertThat((int) page.evaluate("document.documentElement.scrollWidth"))
        .isLessThanOrEqualTo(360);
    assertThat((boolean) page.evaluate("document.getElementById('go').offsetHeight >= 40"))
        .as("large enough for a finger")
        .isTrue();
    assertThat(background(page)).isEqualTo("rgb(18, 22, 28)");
    page.locator("#stage").scrollIntoViewIfNeeded();
    screenshot(page, "page-phone.png");
    page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.LIGHT));
    assertThat(background(page)).isEqualTo("rgb(246, 247, 249)");
  }

  private static Object background(Page page) {
    return page.evaluate("getComputedStyle(document.body).backgroundColor");
  }

  @Test
  void saysWhatTheServerRefuses() {
    Page page = open(new Browser.NewContextOptions());
    ask(page, "a red ring on a gray background", "2", "42");
    page.evaluate(
        "() => { const plan = document.getElementById('plan'); plan.add(new Option('w9a9', 'w9a9'));"
            + " plan.value = 'w9a9'; document.getElementById('compare').checked = false; }");
    page.getByText("Generate", new Page.GetByTextOptions().setExact(true)).click();
    await(page, "document.getElementById('say').className === 'bad'");
    assertThat(page.locator("#say").textContent())
        .startsWith("The model pixart-mini is not served with the plan w9a9;");
  }

  @Test
  void asksForTheKeyOfALockedServer() throws Exception {
    Path keys = Files.writeString(folder.resolve("keys.txt"), KEY + "\n");
    try (ServerProcess locked =
        ServerProcess.start(folder, "pixart-mini", "--api-key-file", keys.toString())) {
      Page page = open(locked.address(), new Browser.NewContextOptions());
      page.locator("#key").fill(KEY);
      page.keyboard().press("Tab");
      await(page, "document.getElementById('plan').options.length === 1");
      assertThat(page.locator("#compare").isDisabled()).isTrue();
      ask(page, "a red ring on a gray background", "1", "1");
      generate(page, "1");
      assertThat(page.locator("#stage img.left").count()).isEqualTo(1);
      context.close();
    }
  }

  @Test
  void showsClips() throws Exception {
    try (ServerProcess clips = ServerProcess.start(folder, "stdit-mini", "--plan", "w8a8")) {
      Page page = open(clips.address(), new Browser.NewContextOptions());
      await(page, "document.getElementById('plan').options.length === 2");
      ask(page, "a red circle moving right on a white background", "2", "1");
      generate(page, "1");
      assertThat(page.locator("#stage .left, #stage .right").count()).isEqualTo(2);
      await(
          page,
          "[...document.querySelectorAll('#stage video, #stage img')].every(one =>"
              + " one.videoWidth > 0 || one.naturalWidth > 0)");
      context.close();
    }
  }
}
