// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "json_file.hpp"
#include "npy_file.hpp"
#include "workspace.hpp"

using namespace plimsoll::cli_test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Case {
  std::string text;
  std::string arguments;
  std::vector<double> scores;
};

void check_read(const std::vector<Case>& cases) {
  const Workspace workspace;
  for (const Case& one : cases) {
    INFO(one.text);
    INFO(one.arguments);
    workspace.write("scores.csv", one.text);
    CHECK(same(scores_read(workspace, "scores.csv " + one.arguments), one.scores));
    CHECK(same(scores_read(workspace, "- " + one.arguments, one.text), one.scores));
  }
}

}  // namespace

TEST_CASE("csv: one column with and without a header") {
  check_read({
      {"1\n2\n3\n", "", {1, 2, 3}},
      {"1\n2\n3", "", {1, 2, 3}},
      {"score\n1\n2\n", "", {1, 2}},
      {"distance to the fifth neighbour\n1\n2\n", "", {1, 2}},
      {"1\n2\n", "--column 1", {1, 2}},
      {"x\n1\n2\n", "--column x", {1, 2}},
      {"7\n", "", {7}},
  });
}

TEST_CASE("csv: a column by its usual name or a given name or a number") {
  check_read({
      {"id,score,label\n7,0.5,0\n8,1.5,1\n", "", {0.5, 1.5}},
      {"score,id\n0.5,7\n1.5,8\n", "", {0.5, 1.5}},
      {"id,score\n7,0.5\n8,1.5\n", "--column id", {7, 8}},
      {"id,score\n7,0.5\n8,1.5\n", "--column 1", {7, 8}},
      {"id,my score\n7,0.5\n8,1.5\n", "--column 'my score'", {0.5, 1.5}},
      {"7,0.5\n8,1.5\n", "--column 2", {0.5, 1.5}},
      {"id,score\n7,0.5\n8,1.5\n", "--column 02", {0.5, 1.5}},
      {"a,\xc3\xa4\n7,0.5\n", "--column \xc3\xa4", {0.5}},
  });
}

TEST_CASE("csv: semicolons and tabs separate as well") {
  check_read({
      {"id;score\n7;0.5\n8;1.5\n", "", {0.5, 1.5}},
      {"id\tscore\n7\t0.5\n8\t1.5\n", "", {0.5, 1.5}},
      {"7;0.5\n8;1.5\n", "--column 2", {0.5, 1.5}},
      {"# of 3, 4 and 5\nid;score\n7;0.5\n", "", {0.5}},
  });
}

TEST_CASE("csv: blank lines before a header do not hide its separator") {
  check_read({
      {"\nid;score\n7;0.5\n8;1.5\n", "", {0.5, 1.5}},
      {"\r\n\r\nid\tscore\r\n7\t0.5\r\n", "", {0.5}},
      {"# a comment\n\nid;score\n7;0.5\n", "", {0.5}},
      {"# " + std::string(80000, ',') + "\n# b\nid;score\n7;0.5\n", "", {0.5}},
      {"\n \n" + std::string("# ") + std::string(80000, ',') + "\r\n\r\nid;score\n7;0.5\n", "", {0.5}},
      {std::string(80000, '\n') + "id;score\n7;0.5\n", "", {0.5}},
      {" id;score\n7;0.5\n", "--column id", {7}},
      {"\t\n1\t2\n", "--column 2", {std::nan(""), 2}},
      {"\xef\xbb\xbf# " + std::string(65000, ',') + "\nid" + std::string(1000, 'd') + ";score\n7;0.5\n", "", {0.5}},
  });
}

TEST_CASE("csv: line ends and byte order marks and blanks") {
  check_read({
      {"score\r\n1\r\n2\r\n", "", {1, 2}},
      {"id,score\r\n1,0.5\r\n2,1.5", "", {0.5, 1.5}},
      {"\xef\xbb\xbfscore\n1\n2\n", "", {1, 2}},
      {"\xef\xbb\xbf"
       "1\n2\n",
       "",
       {1, 2}},
      {"\xef\xbb\xbfscore;id\r\n1;7\r\n", "", {1}},
      {"  1 \n\t2\t\n", "", {1, 2}},
      {"id , score \n 7 , 0.5 \n", "", {0.5}},
      {"\n1\n\n\n2\n\n", "", {1, 2}},
      {"# made by hand\n1\n# in between\n2\n#3\n", "", {1, 2}},
      {"# made by hand\nscore\n# in between\n2\n", "", {2}},
  });
}

TEST_CASE("csv: quoted cells") {
  check_read({
      {"\"1.5\"\n\"2\"\n", "", {1.5, 2}},
      {"\"score\",\"name\"\n1,\"a, b\"\n2,\"say \"\"no\"\"\"\n3,\"two\nlines\"\n4,\"\"\n", "", {1, 2, 3, 4}},
      {"\"a,b\",score\n1,2\n", "", {2}},
      {"\"a,b\",c\n1,2\n", "--column a,b", {1}},
      {"name,score\n\"x\",\"0.5\"\r\n\"y\",\"1.5\"\r\n", "", {0.5, 1.5}},
  });
}

TEST_CASE("csv: the most frequent separator of the first line is taken, and of two the comma") {
  check_read({
      {"a,b;score;c\n1,1;2;3\n", "", {2}},
      {"a;b\tscore\tc\n1;1\t2\t3\n", "", {2}},
      {"a;b,score\n9;9,2\n", "", {2}},
      {"a\tb;score\n9\t9;2\n", "", {2}},  // before tabs the semicolon
  });
}

TEST_CASE("csv: a row has a megabyte at most, with its end") {
  const Workspace workspace;
  constexpr std::size_t megabyte = 1024 * 1024;
  for (const std::size_t size : {megabyte, megabyte + 1}) {
    workspace.write("scores.csv", "7\n" + std::string(size - 2, ' ') + "8\n9\n");
    if (size == megabyte) CHECK(scores_read(workspace, "scores.csv") == std::vector<double>{7, 8, 9});
    if (size > megabyte) {
      check_refused(workspace.run("fit scores.csv --method maximum"), 2,
                    {"scores.csv: line 2 is longer than a megabyte"});
    }
  }
  // Within quotation marks, too, of which the one that closes may never come.
  workspace.write("scores.csv", "name,score\n\"" + std::string(megabyte, 'x') + "\",1\n");
  check_refused(workspace.run("fit scores.csv --method maximum"), 2,
                {"scores.csv: line 2 is longer than a megabyte, or a quotation mark is not closed"});
}

TEST_CASE("csv: a separator inside a quoted header cell does not count") {
  check_read({{"\"a,b,c\";score\n1;2\n", "", {2}}});
}

TEST_CASE("csv: numbers as programs print them") {
  check_read({
      {"0.1\n+1.5\n-2e3\n1E-3\n.5\n5.\n-0\n", "", {0.1, 1.5, -2000, 0.001, 0.5, 5, -0.0}},
      {"nan\nNaN\ninf\n-inf\nInfinity\n+inf\n",
       "",
       {std::nan(""), std::nan(""), infinity, -infinity, infinity, infinity}},
      {"5e-324\n1.7976931348623157e308\n0.30000000000000004\n9007199254740993\n",
       "",
       {5e-324, 1.7976931348623157e308, 0.30000000000000004, 9007199254740992.0}},
      {"1.00000000000000011102230246251565404236316680908203126\n", "", {1.0000000000000002}},
  });
}

TEST_CASE("csv: a number too small for a double is zero") {
  check_read({{"1\n1e-400\n", "", {1, 0}}});  // as Python's float() and pandas read it
}

TEST_CASE("csv: an empty cell is NaN") {
  check_read({
      {"id,score\n1,0.5\n2,\n3,  \n4,\"\"\n", "", {0.5, std::nan(""), std::nan(""), std::nan("")}},
      {"score,id\n,1\n2,2\n", "", {std::nan(""), 2}},
      {",1\n2,2\n", "--column 1", {std::nan(""), 2}},
      {"1\n\"\"\n3\n", "", {1, std::nan(""), 3}},  // of one column, as pandas writes it
      {"1\r\n\"\"\r\n3\r\n", "", {1, std::nan(""), 3}},
      {"1\n\n3\n", "", {1, 3}},
  });
  const Workspace workspace;
  workspace.write("scores.csv", "id,score\n1,0.5\n2,\n3,1.5\n");
  check_refused(workspace.run("fit scores.csv --method maximum -o line.json"), 2,
                {"scores.csv", "scores[1] is NaN", "skip"});
  CHECK(workspace.files() == std::vector<std::string>{"scores.csv"});
  const auto json = json_of(workspace.run("fit scores.csv --method maximum --non-finite skip --format json"));
  CHECK(json.at("counts") == counts_of(2, 0, 1));
}

TEST_CASE("csv: a column whose header is a word that data may have") {
  check_read({
      {"normal,id\n0.5,1\n1.5,2\n", "--column normal", {0.5, 1.5}},
      {"inf,id\n0.5,1\n1.5,2\n", "--column inf", {0.5, 1.5}},
  });
  const Workspace workspace;
  workspace.write("scores.csv", "score,anomalous\n1,0\n2,1\n");
  const auto json = json_of(workspace.run("fit scores.csv --method f1 --label-column anomalous --format json"));
  CHECK(json.at("counts") == counts_of(1, 1, 0));
}

TEST_CASE("csv: labels as numbers and words beside the scores and in a file of their own") {
  const Workspace workspace;
  const std::vector<std::vector<std::string>> columns{{"0", "1", "0", "1"},
                                                      {"0.0", "1.0", "0", "1e0"},
                                                      {"false", "true", "false", "true"},
                                                      {"False", "True", "False", "True"},
                                                      {"normal", "anomalous", "normal", "anomalous"}};
  workspace.write("scores.csv", "score\n1\n2\n3\n4\n");
  for (const auto& labels : columns) {
    INFO(labels[0]);
    std::string together = "score,good,label\n";
    std::string alone;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      together += std::to_string(i + 1) + "," + labels[i == 0 ? 0 : 1] + "," + labels[i] + "\n";
      alone += labels[i] + "\n";
    }
    workspace.write("together.csv", together);
    workspace.write("alone.csv", alone);
    workspace.write("headed.csv", "label\n" + alone);
    for (const std::string arguments :
         {"together.csv --label-column label", "together.csv --label-column 3", "scores.csv --labels alone.csv",
          "scores.csv --labels headed.csv", "scores.csv --labels together.csv", "together.csv --labels together.csv",
          "scores.csv --labels together.csv --label-column label"}) {
      const auto json = json_of(workspace.run("fit " + arguments + " --method f1 --format json"));
      CHECK(cutoff_of(json) == 2);  // flags 2, 3, 4: F1 = 4/5; only 4: 2/3
      CHECK(json.at("counts") == counts_of(2, 2, 0));
    }
    const auto json = json_of(workspace.run("fit together.csv --label-column good --method f1 --format json"));
    CHECK(json.at("counts").at("anomalous") == 3);
  }
}

TEST_CASE("csv: what is no number or label is refused with line and column") {
  struct Bad {
    std::string text;
    std::string arguments;
    std::vector<std::string> mentions;
  };
  const std::vector<Bad> all{
      {"score\n1\ntwo\n3\n", "", {"line 3", "column 1", "'two'"}},
      {"id,score\n1,1\n2,0x10\n", "", {"line 3", "column 2", "'0x10'"}},
      {"id,score\n\"a\nb\",1\n2,--1\n", "", {"line 4", "'--1'"}},
      {"# one\n\n1\n+-1\n", "", {"line 4", "'+-1'"}},
      {"score\n1\n# two\n\nthree\n", "", {"line 5", "'three'"}},
      {"id;score\n1;0,5\n", "", {"line 2", "'0,5'"}},
      {"1\n1 2\n", "", {"line 2", "'1 2'"}},
      {"1\nN/A\n", "", {"line 2", "'N/A'"}},
      {"1\n+\n", "", {"line 2", "'+'"}},
      {"1\n-\n", "", {"line 2", "'-'"}},
      {"1\n2e\n", "", {"line 2", "'2e'"}},
      {"1\n1e999\n", "", {"line 2", "'1e999'"}},
      {"1e999\n1\n", "", {"line 1", "'1e999'"}},
      {"-1e999\n1\n", "", {"line 1", "'-1e999'"}},
      {"1\n\x01\x02\n", "", {"line 2"}},
      {"1\n" + std::string(5000, 'x') + "\n", "", {"line 2"}},
      {"id,score\n1,2\n3\n4,5\n", "", {"line 3 has 1 columns, the first row has 2"}},
      {"id,score\n1,2\n4,5,6\n", "", {"line 3 has 3 columns, the first row has 2"}},
      {"1\n\"2\n3\n", "", {"line 2", "quotation mark"}},
      {"a,b\n1,2\n", "", {"'a'", "'b'", "2 columns"}},
      {"1,2\n3,4\n", "", {"2 columns"}},
      {"a,score\n1,2\n", "--column c", {"'c'", "'a'", "'score'"}},
      {"a,score\n1,2\n", "--column 3", {"there is no column 3, there are 2"}},
      {"a,score\n1,2\n", "--column 0", {"column 0"}},
      {"a,score\n1,2\n", "--column 99999999999999999999", {"99999999999999999999"}},
      {"a,score\n1,2\n", "--column Score", {"'Score'"}},
      {"# only\n# comments\n", "", {"no number"}},
      {"\n\n\n", "", {"no number"}},
      {std::string(2'000'000, '1'), "", {"line 1"}},
      {"score,label\n1,0\n2,2\n", "--label-column label --method f1", {"line 3", "column 2", "'2'"}},
      {"score,label\n1,0\n2,yes\n", "--label-column label --method f1", {"line 3", "'yes'"}},
      {"score,label\n1,0\n2,\n", "--label-column label --method f1", {"line 3"}},
      {"score,label\n1,0\n2\n", "--label-column label --method f1", {"line 3"}},
      {"score,label\n1,0\n2,1\n", "--label-column class --method f1", {"'class'"}},
      {"score,label\n1,0\n2,1\n", "--label-column 3 --method f1", {"column 3"}},
  };
  const Workspace workspace;
  for (const Bad& bad : all) {
    workspace.write("scores.csv", bad.text);
    const Outcome outcome = workspace.run("fit scores.csv -o line.json " + bad.arguments);
    check_refused(outcome, 2, {"plimsoll: scores.csv: "});
    INFO(outcome.err);
    CHECK(outcome.err.size() < 300);
    for (const std::string& mention : bad.mentions) {
      INFO(mention);
      CHECK(outcome.err.find(mention) != std::string::npos);
    }
    CHECK(workspace.files() == std::vector<std::string>{"scores.csv"});
  }
}

TEST_CASE("csv: a row with too many cells is refused with its line") {
  const Workspace workspace;
  // A decimal comma makes one number two cells: 2,5 would be read as 5.
  workspace.write("scores.csv", "id,score\n1,2\n2,2,5\n");
  check_refused(workspace.run("fit scores.csv --method maximum -o line.json"), 2, {"scores.csv: line 3"});
  CHECK(workspace.files() == std::vector<std::string>{"scores.csv"});
}

TEST_CASE("csv: text behind a closing quotation mark is refused with its line") {
  const Workspace workspace;
  for (const std::string cell : {"\"1\"2", "\"\"2", "\"1\" 2", "\"1\"\"2\"3"}) {
    workspace.write("scores.csv", "id,score\n7," + cell + "\n");
    INFO(cell);
    check_refused(workspace.run("fit scores.csv --method maximum -o line.json"), 2,
                  {"scores.csv: line 2 has text behind a closing quotation mark"});
  }
  check_read({{"\"1\" \n\"2\"\t\r\n\"3\" \r\n", "", {1, 2, 3}}});  // blanks are no text
}

TEST_CASE("csv: lines that end in a carriage return alone are refused") {
  const Workspace workspace;
  for (const std::string text : {"1\r2\r3\r", "score\r1\r2\r", "id,score\r1,2\r", "1\r\r\n", "\"1\"\r2\n"}) {
    workspace.write("scores.csv", text);
    INFO(text);
    check_refused(workspace.run("fit scores.csv --method maximum -o line.json"), 2,
                  {"scores.csv: line 1 has a carriage return in it: lines end in LF or CR LF"});
  }
  workspace.write("later.csv", "1\n2\r3\n");
  check_refused(workspace.run("fit later.csv --method maximum"), 2, {"later.csv: line 2 has a carriage return"});
  check_read({{"1\r\n2\r", "", {1, 2}}});  // of the last line, whose end is missing
}

TEST_CASE("csv: the message about many columns is short") {
  const Workspace workspace;
  std::string row = "a0";
  for (int i = 1; i < 2000; ++i) row += ",a" + std::to_string(i);
  workspace.write("scores.csv", row + "\n");
  const Outcome outcome = workspace.run("fit scores.csv");
  check_refused(outcome, 2, {"scores.csv: ", "2000 columns"});
  CHECK(outcome.err.size() < 1000);
}

TEST_CASE("csv: the message about columns names ten of them, and says whether there are more") {
  const Workspace workspace;
  std::string row;
  std::string names;
  for (int i = 0; i < 10; ++i) {
    row += (i == 0 ? "c" : ",c") + std::to_string(i);
    names += (i == 0 ? "'c" : ", 'c") + std::to_string(i) + "'";
  }
  workspace.write("scores.csv", row + "\n");
  check_refused(workspace.run("fit scores.csv"), 2, {"scores.csv: there are 10 columns, " + names + ": say which"});
  workspace.write("scores.csv", row + ",c10\n");
  check_refused(workspace.run("fit scores.csv"), 2, {"there are 11 columns, " + names + ", ...: say which"});
  check_refused(workspace.run("fit scores.csv --column x"), 2, {"no column 'x' among " + names + ", ..."});
}

TEST_CASE("csv: a header without rows is no score") {
  const Workspace workspace;
  workspace.write("scores.csv", "id,score\n");
  CHECK(scores_read(workspace, "scores.csv").empty());
  check_refused(workspace.run("fit scores.csv --method maximum -o line.json"), 1, {"too_few_scores"});
}

TEST_CASE("csv: a long file is read whole") {
  const Workspace workspace;
  std::string text = "id,score\r\n";
  double sum = 0;
  for (int i = 0; i < 300'000; ++i) {
    text += std::to_string(i) + "," + std::to_string(i % 1000) + "\r\n";
    sum += i % 1000;
  }
  workspace.write("scores.csv", text);
  const auto json = json_of(workspace.run("fit scores.csv --method sigma --k 0 --format json"));
  CHECK(json.at("counts").at("normal") == 300'000);
  CHECK(cutoff_of(json) == Approx(sum / 300'000));
}

TEST_CASE("csv: the column that is named is that of all files of scores that a command reads") {
  const Workspace workspace;
  // Each file twice: alone, and beside a column that is taken where none is named.
  const auto write = [&](const std::string& name, double first, double step, int count) {
    std::string alone;
    std::string beside = "score,value\n";
    for (int i = 0; i < count; ++i) {
      const std::string value = std::to_string(first + step * ((i * 37) % count));
      alone += value + "\n";
      beside += std::to_string(500 + i % 7) + "," + value + "\n";
    }
    workspace.write(name + ".csv", alone);
    workspace.write(name + "2.csv", beside);
  };
  write("n", 0, 0.5, 150);
  write("more", 3, 0.25, 120);
  write("a", 60, 0.75, 80);
  write("weak", 50, 0.75, 70);
  write("b", 0, 0.6, 140);
  std::string labels;
  for (int i = 0; i < 150; ++i) labels += i % 3 == 0 ? "1\n" : "0\n";
  workspace.write("labels.csv", labels);
  const auto named = [](std::string arguments) {
    for (std::size_t at = arguments.find(".csv"); at != std::string::npos; at = arguments.find(".csv", at + 5)) {
      if (arguments.substr(0, at).ends_with("labels")) continue;
      arguments.insert(at, "2");
    }
    return arguments + " --column value";
  };
  for (const std::string arguments :
       {"fit n.csv --method sigma --format json", "fit n.csv --normal more.csv --method sigma --format json",
        "fit n.csv --method f1 --anomalous a.csv --format json", "fit n.csv --method f1 --labels labels.csv -o -",
        "fit n.csv --batch b.csv --format json", "fit --normal n.csv --synthetic a.csv --format json",
        "fit --normal n.csv --synthetic a.csv --severity 0.5=weak.csv --format json",
        "collect n.csv --method quantile -o -", "collect n.csv --method f1 --anomalous a.csv -o -",
        "evaluate n.csv n.csv --labels labels.csv --method sigma --format csv"}) {
    INFO(arguments);
    const Outcome expected = workspace.run(arguments);
    check_success(expected);
    const Outcome outcome = workspace.run(named(arguments));
    check_success(outcome);
    CHECK(outcome.out == expected.out);
  }
  std::vector<double> pixels(20 * 4);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<double>(i);
  workspace.write("maps.npy", npy(pixels, {.type = "<f4", .shape = {20, 2, 2}}));
  check_success(workspace.run("fit --maps maps.npy -o cal.json"));
  const Outcome applied = workspace.run("apply cal.json a2.csv --column value --format csv");
  check_success(applied);
  CHECK(applied.out == workspace.run("apply cal.json a.csv --format csv").out);
  CHECK(applied.out != workspace.run("apply cal.json a2.csv --format csv").out);
}

TEST_CASE("csv: labels that are not as many as the scores are refused with both numbers") {
  const Workspace workspace;
  workspace.write("scores.csv", "score\n1\n2\n3\n");
  check_success(workspace.run("fit scores.csv --method manual -o line.json"));
  for (const auto& [labels, count] : {std::pair{"0\n1\n", "2"}, {"0\n1\n0\n1\n", "4"}}) {
    workspace.write("labels.csv", labels);
    const std::string message = "labels.csv: has " + std::string(count) + " labels for the 3 scores of ";
    for (const std::string command :
         {"fit scores.csv --method f1", "apply line.json scores.csv", "evaluate scores.csv scores.csv",
          "report line.json --normal scores.csv -o r.html --test scores.csv"}) {
      check_refused(workspace.run(command + " --labels labels.csv"), 2, {message + "scores.csv"});
    }
    check_refused(workspace.run("apply line.json - --labels labels.csv", "1\n2\n3\n"), 2, {message + "standard input"});
  }
}
