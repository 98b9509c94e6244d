package org.viditq.cli.option;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.viditq.core.error.Printable;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads the numbers and paths on a command line, and says what is wrong with one in the user's
 * words.
 *
 * <p>Converters are classes and no lambdas: those of an interface that was compiled for Java 5, as
 * picocli's are, crash Java 17 when it writes an archive of the classes in use, which the launcher
 * lets it do.
 */
public final class ArgumentWords {
  private ArgumentWords() {}

  /** For all options of a command and of the commands below it. */
  public static void use(CommandLine command) {
    command.registerConverter(int.class, new WholeNumber());
    command.registerConverter(Integer.class, new WholeNumber());
    command.registerConverter(double.class, new DecimalNumber());
    command.registerConverter(Double.class, new DecimalNumber());
    command.registerConverter(Path.class, new FileOrFolder());
  }

  private static final class WholeNumber implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return toInt(text);
    }
  }

  private static final class DecimalNumber implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      return toDouble(text);
    }
  }

  private static final class FileOrFolder implements ITypeConverter<Path> {
    @Override
    public Path convert(String text) {
      // To Java this is the current folder; to who wrote it, a variable that was not set.
      if (text.isBlank()) {
        throw new TypeConversionException(quoted(text) + " names no file or folder");
      }
      try {
        return Path.of(text);
      } catch (InvalidPathException unfit) {
        throw new TypeConversionException(
            quoted(text) + " cannot be a file or folder in this locale");
      }
    }
  }

  private static int toInt(String text) {
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException unfit) {
      throw new TypeConversionException(
          quoted(text)
              + (isWhole(text)
                  ? " is too large a number"
                  : isNumber(text) ? " is no whole number" : " is no number"));
    }
  }

  private static double toDouble(String text) {
    try {
      return Double.parseDouble(text.strip());
    } catch (NumberFormatException unfit) {
      throw new TypeConversionException(
          quoted(text)
              + (isNumber(text.replace(',', '.'))
                  ? " is no number; write a point where the decimals begin"
                  : " is no number"));
    }
  }

  private static String quoted(String text) {
    return "'" + Printable.name(text) + "'";
  }

  private static boolean isWhole(String text) {
    try {
      new BigInteger(text.strip());
      return true;
    } catch (NumberFormatException other) {
      return false;
    }
  }

  private static boolean isNumber(String text) {
    try {
      new BigDecimal(text.strip());
      return true;
    } catch (NumberFormatException other) {
      return false;
    }
  }
}
