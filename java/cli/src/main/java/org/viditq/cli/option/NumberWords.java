package org.viditq.cli.option;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.viditq.core.error.Printable;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** Reads the numbers on a command line, and says what is wrong with one in the user's words. */
public final class NumberWords {
  private NumberWords() {}

  /** For all options of a command and of the commands below it. */
  public static void use(CommandLine command) {
    command.registerConverter(int.class, NumberWords::toInt);
    command.registerConverter(Integer.class, NumberWords::toInt);
    command.registerConverter(double.class, NumberWords::toDouble);
    command.registerConverter(Double.class, NumberWords::toDouble);
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
