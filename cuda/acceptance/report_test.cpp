// The parity program's own parts: what it calls wrong, how it reads lists of fixtures, what it
// writes.
#include "report.h"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "check.h"
#include "json.h"

namespace {

using parity::Report;
using parity::Tolerance;

Tolerance within(double rtol, double atol, double rel_l2 = -1) {
  Tolerance tolerance;
  tolerance.kind = Tolerance::Kind::kClose;
  tolerance.rtol = rtol;
  tolerance.atol = atol;
  tolerance.rel_l2 = rel_l2;
  return tolerance;
}

template <typename Compare>
bool passes(Compare compare) {
  Report report;
  compare(report);
  return report.passed();
}

std::string temporary(const std::string& name) { return "acceptance-test-" + name; }

std::string message_of(const std::string& list) {
  const std::string path = temporary("fixtures.list");
  std::ofstream(path) << list;
  std::string message;
  try {
    parity::read_fixtures(path);
  } catch (const std::runtime_error& e) {
    message = e.what();
  }
  std::remove(path.c_str());
  return message;
}

TEST(nothing_compared_is_no_pass) { CHECK_EQUAL(Report().passed(), false); }

TEST(integers_must_be_equal) {
  CHECK_EQUAL(passes([](Report& r) { r.equal("codes", {1, -2}, {1, -2}); }), true);
  CHECK_EQUAL(passes([](Report& r) { r.equal("codes", {1, -2}, {1, -3}); }), false);
  CHECK_EQUAL(passes([](Report& r) { r.equal("codes", {1}, {1, 1}); }), false);
}

TEST(one_failure_fails_all) {
  CHECK_EQUAL(passes([](Report& r) {
                r.equal("codes", {2}, {1});
                r.equal("codes", {1}, {1});
              }),
              false);
  CHECK_EQUAL(passes([](Report& r) {
                r.equal("codes", {1}, {1});
                r.failed("the launch failed");
              }),
              false);
}

TEST(floats_are_the_same_to_the_bit_or_within_a_tolerance) {
  CHECK_EQUAL(passes([](Report& r) { r.same("x", {0.0f}, {-0.0f}); }), false);
  CHECK_EQUAL(passes([](Report& r) { r.close("x", {1.01f}, {1.0f}, within(0, 0.02)); }), true);
  CHECK_EQUAL(passes([](Report& r) { r.close("x", {1.03f}, {1.0f}, within(0, 0.02)); }), false);
  CHECK_EQUAL(passes([](Report& r) { r.close("x", {103}, {100}, within(0.04, 0)); }), true);
  CHECK_EQUAL(passes([](Report& r) { r.close("x", {NAN}, {1.0f}, within(1, 1)); }), false);
  CHECK_EQUAL(passes([](Report& r) { r.close("x", {1.01f}, {1}, within(0, 1, 1e-3)); }), false);
  CHECK_EQUAL(passes([](Report& r) { r.close("x", {1.01f}, {1}, within(0, 1, 2e-2)); }), true);
}

TEST(lists_of_fixtures_are_read) {
  const std::string data = temporary("data");
  const float values[] = {1.5f, -2.0f, 7.0f};
  std::ofstream(data, std::ios::binary).write(reinterpret_cast<const char*>(values), sizeof values);
  const std::string list = temporary("fixtures.list");
  std::ofstream(list) << "fixture a__b op " << data << "\nsetting timerange 0 500 501 1000\n"
                      << "tolerance * close 1e-5 1e-6 -1\ntolerance codes codes 1 0.002\n"
                      << "tensor expected.y F32 4 2\ntensor expected.codes I32 0 1 3\n"
                      << "fixture other other.op elsewhere\n";
  const std::vector<parity::Fixture> fixtures = parity::read_fixtures(list);
  CHECK_EQUAL(fixtures.size(), 2u);
  CHECK_EQUAL(fixtures[0].numbers("timerange").size(), 4u);
  CHECK_EQUAL(fixtures[0].floats("expected.y")[1], 7.0f);
  CHECK_EQUAL(fixtures[0].shape("expected.codes").size(), 2u);
  CHECK_EQUAL(fixtures[0].tolerance("y").atol, 1e-6);
  CHECK_EQUAL(fixtures[0].tolerance("codes").most, 1);
  CHECK_EQUAL(fixtures[1].listed_only(), true);
  std::string message;
  try {
    fixtures[0].floats("expected.z");
  } catch (const std::runtime_error& e) {
    message = e.what();
  }
  CHECK_EQUAL(message == "Fixture a__b has no tensor expected.z.", true);
  std::remove(data.c_str());
  std::remove(list.c_str());
}

TEST(malformed_lists_are_refused) {
  for (const char* list : {"", "tensor x F32 0 1\n", "fixture a op p\ntolerance y near 1\n",
                           "fixture a op p\ntolerance y close 1e-5\n",
                           "fixture a op p\ntensor x F32\n", "fixture a op p\nweather fine\n"}) {
    CHECK_EQUAL(message_of(list).empty(), false);
  }
}

TEST(json_is_escaped_and_nested) {
  acceptance::JsonWriter json;
  json.open_object();
  json.text("a \"quote\"", "back\\slash\nline");
  json.number("not a number", NAN);
  json.open_array("list");
  json.integer("", 3);
  json.boolean("", false);
  json.close_array();
  json.open_object("empty");
  json.close_object();
  json.close_object();
  CHECK_EQUAL(json.str() ==
                  "{\n  \"a \\\"quote\\\"\": \"back\\\\slash\\u000aline\",\n"
                  "  \"not a number\": null,\n  \"list\": [\n    3,\n    false\n  ],\n"
                  "  \"empty\": {}\n}\n",
              true);
}

TEST(files_are_written_whole) {
  const std::string path = temporary("whole.json");
  acceptance::write_whole(path, "{}\n");
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  CHECK_EQUAL(text.str() == "{}\n", true);
  std::remove(path.c_str());
  std::string message;
  try {
    acceptance::write_whole("no such folder/whole.json", "{}\n");
  } catch (const std::runtime_error& e) {
    message = e.what();
  }
  CHECK_EQUAL(message.find("Cannot write no such folder/whole.json") == 0, true);
}

}  // namespace
