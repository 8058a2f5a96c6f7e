// SPDX-License-Identifier: Apache-2.0
// examples/edge_inference from images to decisions, by its programs and `plimsoll fit` as a user runs them.
#include <sys/wait.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "folder.hpp"

namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status = -1;
  std::string out;
  std::string err;
};

/// Runs a command of the shell in the folder.
Outcome run(const plimsoll::test::Folder& folder, const std::string& command) {
  const std::string whole = "cd '" + folder.path().string() + "' && " + command + " 2> err.txt";
  std::FILE* pipe = ::popen(whole.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Outcome outcome;
  std::array<char, 4096> part{};
  for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
    outcome.out.append(part.data(), got);
  }
  const int status = ::pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  outcome.err = plimsoll::test::content_of(folder.file("err.txt"));
  return outcome;
}

const std::string maps = "'" EDGE_INFERENCE "' maps --model '" EDGE_MODEL "' ";
const std::string decide = "'" EDGE_INFERENCE "' decide --model '" EDGE_MODEL "' ";

/// What `decide` said of each image, by its path.
std::map<std::string, std::string> verdicts(const Outcome& outcome) {
  std::map<std::string, std::string> found;
  std::istringstream lines(outcome.out);
  std::string verdict;
  std::string word;
  std::string score;
  std::string area;
  std::string path;
  while (lines >> verdict >> word >> score >> word >> area >> path) found[path] = verdict;
  return found;
}

cv::Mat read_grey(const fs::path& path) {
  cv::Mat image = cv::imread(path.string(), cv::IMREAD_GRAYSCALE);
  INFO(path);
  REQUIRE_FALSE(image.empty());
  return image;
}

/// Makes pieces that the model has not learnt: the seed of the training images is 0. Draws a line by 25 of them.
std::string draw_line(const plimsoll::test::Folder& folder) {
  REQUIRE(run(folder, "'" EDGE_TEXTURES "' woven --train 0 --calibration 25 --test 10 --seed 1 -o cloth").status == 0);
  const Outcome scored = run(folder, maps + "cloth/calibration/good -o maps");
  INFO(scored.err);
  REQUIRE(scored.status == 0);
  const std::string hash = scored.out.substr(0, scored.out.find('\n'));
  REQUIRE(hash.size() == 16);
  REQUIRE(run(folder,
              "'" PLIMSOLL_PROGRAM "' fit --maps maps --agreement label_wins --pipeline-hash " + hash + " -o line.json")
              .status == 0);
  return hash;
}

TEST_CASE("edge_inference: from images to decisions") {
  const plimsoll::test::Folder folder;
  const std::string hash = draw_line(folder);

  // The line is for 5 % of good images: of 10 more than 2 happen in 1 % of sets. These are always the same.
  const Outcome good = run(folder, decide + "--line line.json cloth/test/good -o results");
  const auto said_of_good = verdicts(good);
  REQUIRE(said_of_good.size() == 10);
  int false_alarms = 0;
  std::string a_normal_one;
  for (const auto& [path, verdict] : said_of_good) {
    if (verdict == "normal") a_normal_one = path;
    if (verdict == "anomalous") ++false_alarms;
    const fs::path result = folder.path() / "results" / fs::path(path).stem();
    const bool is_empty = cv::countNonZero(read_grey(result.string() + "_mask.png")) == 0;
    CHECK(is_empty == (verdict == "normal"));  // the label wins
    CHECK(read_grey(result.string() + "_overlay.png").size() == cv::Size(256, 256));
  }
  CHECK(false_alarms <= 2);
  CHECK(good.status == (false_alarms == 0 ? 0 : 1));
  CHECK(run(folder, decide + "--line line.json " + a_normal_one + " -o one").status == 0);

  // Two of each defect. What is flagged must be the defect: the windows of the network reach 14 pixels beyond it,
  // where less than a tenth of an image is.
  const Outcome bad = run(folder, decide +
                                      "--line line.json cloth/test/drop cloth/test/missing_thread cloth/test/scratch "
                                      "cloth/test/blur cloth/test/stretch -o results");
  CHECK(bad.status == 1);
  const auto said_of_bad = verdicts(bad);
  REQUIRE(said_of_bad.size() == 10);
  int found = 0;
  int set = 0;
  int near = 0;
  const cv::Mat reach = cv::getStructuringElement(cv::MORPH_ELLIPSE, {29, 29});
  for (const auto& [path, verdict] : said_of_bad) {
    const fs::path image(path);
    const std::string kind = image.parent_path().filename().string();
    const std::string name = image.stem().string();
    const cv::Mat truth = read_grey(folder.path() / "cloth" / "ground_truth" / kind / (name + "_mask.png"));
    const cv::Mat mask = read_grey(folder.path() / "results" / (name + "_mask.png"));
    REQUIRE(mask.size() == truth.size());
    if (verdict == "anomalous" && cv::countNonZero(mask & truth) > 0) ++found;
    cv::Mat around;
    cv::dilate(truth, around, reach);
    CHECK(cv::countNonZero(around) < truth.rows * truth.cols / 10);
    set += cv::countNonZero(mask);
    near += cv::countNonZero(mask & around);
    // The overlay shows the mask: outside of it, and of a line around it, it is the image.
    const cv::Mat before = cv::imread((folder.path() / path).string());
    const cv::Mat overlay = cv::imread((folder.path() / "results" / (name + "_overlay.png")).string());
    REQUIRE(overlay.size() == before.size());
    cv::Mat changed;
    cv::extractChannel(cv::Mat(overlay != before), changed, 2);
    cv::Mat drawn;
    cv::dilate(mask, drawn, cv::Mat::ones(3, 3, CV_8U));
    CHECK(cv::countNonZero(changed & ~drawn) == 0);
    CHECK((cv::countNonZero(changed) > 0) == (verdict == "anomalous"));
  }
  CHECK(found >= 8);  // of 60 others 59 were
  CHECK(near >= 0.9 * set);

  // An image of another size, grey, of 16 bits; its results are of its size.
  {
    cv::Mat grey = read_grey(folder.path() / a_normal_one);
    cv::resize(grey, grey, {300, 200});
    grey.convertTo(grey, CV_16U, 257);
    REQUIRE(cv::imwrite(folder.file("grey.png"), grey));
    const Outcome other = run(folder, decide + "--line line.json grey.png -o other");
    CHECK(other.status == 1);  // it is not the cloth that the network knows, which is coloured
    CHECK(read_grey(folder.path() / "other" / "grey_mask.png").size() == cv::Size(300, 200));
    CHECK(read_grey(folder.path() / "other" / "grey_overlay.png").size() == cv::Size(300, 200));
  }

  // A line of another pipeline is refused.
  {
    const Outcome larger = run(folder, decide + "--size 320 --line line.json " + a_normal_one + " -o larger");
    CHECK(larger.status == 2);
    CHECK_THAT(larger.err, Catch::Matchers::Contains(hash));
    REQUIRE(run(folder, "'" PLIMSOLL_PROGRAM "' fit --maps maps -o unknown.json").status == 0);
    const Outcome unknown = run(folder, decide + "--line unknown.json " + a_normal_one + " -o unknown");
    CHECK(unknown.status == 2);
    CHECK_THAT(unknown.err, Catch::Matchers::Contains("without a hash"));
  }

  // An image that cannot be read is an error that names it, and leaves no file of it.
  {
    std::ofstream(folder.file("broken.png")) << plimsoll::test::content_of(folder.file(a_normal_one)).substr(0, 3000);
    const Outcome broken = run(folder, decide + "--line line.json broken.png -o broken");
    CHECK(broken.status == 2);
    CHECK_THAT(broken.err, Catch::Matchers::Contains("broken.png: cannot decode"));
    CHECK(fs::is_empty(folder.path() / "broken"));
    const Outcome missing = run(folder, maps + "nowhere.png -o missing");
    CHECK(missing.status == 2);
    CHECK_THAT(missing.err, Catch::Matchers::StartsWith("nowhere.png: "));
  }
}

TEST_CASE("edge_inference: what is wrong is said, with status 2") {
  const plimsoll::test::Folder folder;
  REQUIRE(cv::imwrite(folder.file("a.png"), cv::Mat(64, 64, CV_8UC1, cv::Scalar(100))));
  fs::create_directory(folder.path() / "again");
  fs::copy_file(folder.file("a.png"), folder.file("again/a.png"));
  std::ofstream(folder.file("text.onnx")) << "no network";

  const auto refused = [&](const std::string& command, const std::string& message) {
    INFO(command);
    const Outcome outcome = run(folder, command);
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, Catch::Matchers::Contains(message));
  };
  const std::string any_model = "'" EDGE_INFERENCE "' maps --model ";
  refused(any_model + "nowhere.onnx a.png -o out", "nowhere.onnx: ");
  refused(any_model + "text.onnx a.png -o out", "text.onnx: OpenCV: ");
  refused(maps + "a.png again/a.png -o out", "again/a.png: has the same name as a.png");
  refused(maps + "a.png", "--out is required");
  refused(decide + "--line nowhere.json a.png -o out", "nowhere.json: ");
  refused(decide + "--line text.onnx a.png -o out", "text.onnx: ");
  CHECK_FALSE(fs::exists(folder.file("out/a.npy")));
}

}  // namespace
