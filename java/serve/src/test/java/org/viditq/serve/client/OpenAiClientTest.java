package org.viditq.serve.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.images.Image;
import com.openai.models.images.ImageGenStreamEvent;
import com.openai.models.images.ImageGenerateParams;
import com.openai.models.images.ImagesResponse;
import com.openai.models.models.Model;
import com.openai.models.videos.Video;
import com.openai.models.videos.VideoCreateParams;
import com.openai.models.videos.VideoModel;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.viditq.serve.ServerProcess;

/** OpenAI's own Java client, pointed to a running server. */
@Tag("slow")
@Timeout(300)
class OpenAiClientTest {
  private static final String KEY = "a-key-of-the-test";

  @TempDir private static Path folder;
  private static ServerProcess server;
  private static OpenAIClient client;

  @BeforeAll
  static void start() throws Exception {
    Path keys = Files.writeString(folder.resolve("keys.txt"), KEY + "\n");
    server =
        ServerProcess.start(
            folder, "pixart-mini", "--plan", "w8a8", "--api-key-file", keys.toString());
    client = client(server, KEY);
  }

  private static OpenAIClient client(ServerProcess server, String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(server.address() + "/v1")
        .apiKey(key)
        .maxRetries(0)
        .build();
  }

  @AfterAll
  static void stop() throws Exception {
    if (client != null) {
      client.close();
    }
    if (server != null) {
      server.close();
    }
  }

  private static ImageGenerateParams.Builder ring() {
    return ImageGenerateParams.builder()
        .model("pixart-mini")
        .prompt("a red ring on a gray background")
        .size(ImageGenerateParams.Size.of("64x64"))
        .putAdditionalBodyProperty("seed", JsonValue.from(42))
        .putAdditionalBodyProperty("steps", JsonValue.from(4));
  }

  @Test
  void generatesPictures() throws Exception {
    ImagesResponse response = client.images().generate(ring().n(2).build());
    List<Image> pictures = response.data().orElseThrow();
    assertThat(pictures).hasSize(2);
    for (Image picture : pictures) {
      BufferedImage image = decoded(picture.b64Json().orElseThrow());
      assertThat(image.getWidth()).isEqualTo(64);
      assertThat(image.getHeight()).isEqualTo(64);
    }
    assertThat(pictures.get(0).b64Json()).isNotEqualTo(pictures.get(1).b64Json());

    // The second picture's seed counts on from the first one's.
    ImagesResponse alone =
        client
            .images()
            .generate(ring().putAdditionalBodyProperty("seed", JsonValue.from(43)).build());
    assertThat(alone.data().orElseThrow().get(0).b64Json()).isEqualTo(pictures.get(1).b64Json());
  }

  @Test
  void fetchesPicturesByTheirAddress() throws Exception {
    ImagesResponse response =
        client
            .images()
            .generate(
                ring()
                    .responseFormat(ImageGenerateParams.ResponseFormat.URL)
                    .outputFormat(ImageGenerateParams.OutputFormat.JPEG)
                    .build());
    String url = response.data().orElseThrow().get(0).url().orElseThrow();
    assertThat(url).startsWith(server.address() + "/");
    try (InputStream stream = URI.create(url).toURL().openStream()) {
      assertThat(ImageIO.read(stream).getWidth()).isEqualTo(64);
    }
  }

  @Test
  void streamsPreviewsAndThePicture() throws Exception {
    List<ImageGenStreamEvent> events;
    try (StreamResponse<ImageGenStreamEvent> stream =
        client.images().generateStreaming(ring().partialImages(2).build())) {
      events = stream.stream().collect(Collectors.toList());
    }
    assertThat(events).hasSize(3);
    for (int i = 0; i < 2; i++) {
      assertThat(events.get(i).asGenerationPartialImage().partialImageIndex()).isEqualTo(i);
      assertThat(decoded(events.get(i).asGenerationPartialImage().b64Json()).getWidth())
          .isPositive();
    }
    String whole = client.images().generate(ring().build()).data().get().get(0).b64Json().get();
    assertThat(events.get(2).asGenerationCompleted().b64Json()).isEqualTo(whole);
  }

  private static BufferedImage decoded(String base64) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(base64)));
  }

  @Test
  void listsModels() {
    assertThat(client.models().list().data()).extracting(Model::id).containsExactly("pixart-mini");
    assertThat(client.models().retrieve("pixart-mini").ownedBy()).isEqualTo("viditq");
  }

  @Test
  void understandsRefusals() {
    assertThatThrownBy(() -> client.images().generate(ring().n(1000).build()))
        .isInstanceOfSatisfying(
            BadRequestException.class,
            refusal -> {
              assertThat(refusal.param()).isEqualTo(Optional.of("n"));
              assertThat(refusal.type()).isEqualTo(Optional.of("invalid_request_error"));
            });
    assertThatThrownBy(() -> client.images().generate(ring().model("dall-e-9").build()))
        .isInstanceOfSatisfying(
            NotFoundException.class,
            refusal -> assertThat(refusal.code()).isEqualTo(Optional.of("model_not_found")));
    OpenAIClient stranger = client(server, "a-guess");
    try {
      assertThatThrownBy(() -> stranger.images().generate(ring().build()))
          .isInstanceOf(UnauthorizedException.class);
    } finally {
      stranger.close();
    }
  }

  @Test
  void makesClips() throws Exception {
    try (ServerProcess clips = ServerProcess.start(folder, "stdit-mini")) {
      OpenAIClient videos = client(clips, "none");
      try {
        Video video =
            videos
                .videos()
                .create(
                    VideoCreateParams.builder()
                        .model(VideoModel.of("stdit-mini"))
                        .prompt("a red circle moving right on a white background")
                        .putAdditionalBodyProperty("seed", JsonValue.from("1"))
                        .putAdditionalBodyProperty("steps", JsonValue.from("2"))
                        .build());
        while (!isEnded(video)) {
          Thread.sleep(100);
          video = videos.videos().retrieve(video.id());
        }
        assertThat(video.status()).isEqualTo(Video.Status.COMPLETED);
        assertThat(video.progress()).isEqualTo(100);
        try (HttpResponse content = videos.videos().downloadContent(video.id())) {
          byte[] file = content.body().readAllBytes();
          String head = new String(file, 0, 12, StandardCharsets.ISO_8859_1);
          assertThat(head).matches("(?s).{4}ftyp.*|GIF89a.*");
        }
        videos.videos().delete(video.id());
        String gone = video.id();
        assertThatThrownBy(() -> videos.videos().retrieve(gone))
            .isInstanceOf(NotFoundException.class);
      } finally {
        videos.close();
      }
    }
  }

  private static boolean isEnded(Video video) {
    return video.status().equals(Video.Status.COMPLETED)
        || video.status().equals(Video.Status.FAILED);
  }
}
