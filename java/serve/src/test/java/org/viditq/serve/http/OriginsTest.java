package org.viditq.serve.http;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.viditq.serve.error.ApiException;

class OriginsTest {
  /** Names of machines are the same in capitals. */
  @Test
  void thePublicAddressMayBeWrittenInCapitals() {
    Origins origins = new Origins(false, "127.0.0.1", Optional.of("https://Pictures.Example:8443"));
    assertThatCode(
            () ->
                origins.require(
                    Optional.of("pictures.example:8443"),
                    Optional.of("https://pictures.example:8443")))
        .doesNotThrowAnyException();
  }

  /** The address that the server tells when it starts. */
  @Test
  void whatItListensToIsAKnownName() {
    Origins origins = new Origins(false, "Inference-1", Optional.empty());
    assertThatCode(() -> origins.require(Optional.of("inference-1:8080"), Optional.empty()))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> origins.require(Optional.of("inference-2:8080"), Optional.empty()))
        .isInstanceOf(ApiException.class);
  }
}
